"""What the operator says of itself: health, metrics, log."""
