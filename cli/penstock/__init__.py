"""The command line: a ModelDeployment file on one machine, without a cluster."""
