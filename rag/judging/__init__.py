"""Whether there is an answer, by a model that reads it: beside the engine's own check, and weighed against it."""
