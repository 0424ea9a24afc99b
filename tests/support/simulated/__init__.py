"""A cluster without one: an API server, its controllers and KEDA as far as the operator sees them, in virtual time."""
