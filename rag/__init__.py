"""Retrieval-augmented generation: documents in, answers with verbatim citations out."""
