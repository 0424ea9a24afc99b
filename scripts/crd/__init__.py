"""The CustomResourceDefinition, made from the pydantic models that are the custom resource's only source."""
