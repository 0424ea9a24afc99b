"""What the pods of a ModelDeployment are made of, one pure module per part."""
