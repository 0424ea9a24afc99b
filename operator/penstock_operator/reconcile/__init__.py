"""When each ModelDeployment has its pass, and what a pass does."""
