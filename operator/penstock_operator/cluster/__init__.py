"""Calls to the API server, and what its answers mean."""
