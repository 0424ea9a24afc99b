"""Stands in for controllers, scheduler, kubelet and KEDA: whatever is created is soon done, ready or running."""
