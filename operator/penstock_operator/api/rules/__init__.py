"""Every rule that spans fields, once, in both languages: CEL for the API server, a predicate for pydantic.

Each predicate reads like its CEL. A message goes on after the path of the rule's field, and says what to write instead.
"""
