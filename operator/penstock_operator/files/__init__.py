"""A user's files, read and written: YAML, JSON, and what is wrong with them in words. Pure."""
