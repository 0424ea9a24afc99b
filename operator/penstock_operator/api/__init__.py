"""The custom resources, as pydantic models: the only source of schema, defaults and rules."""
