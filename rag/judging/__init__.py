"""Whether there is an answer, by a model that reads it: beside the engine's own check, and weighed against it.

judge  asks a cross-encoder or a language model, and says what confidence comes of it
odds   between probabilities and log-odds
"""
