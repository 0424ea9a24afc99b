"""The operator: renders a ModelDeployment into Kubernetes objects and keeps them so."""
