"""Fine-tune operations: logs to dataset to model to gate."""
