"""What is known of the cluster: objects as they were seen last, and how fresh that is."""
