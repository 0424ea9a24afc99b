"""The worker: records from a topic through a model to a topic, nothing lost."""
