"""What a ModelDeployment becomes, one pure module per kind of thing."""
