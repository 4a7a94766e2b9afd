"""Citations: each read back from the stored version, compared character by character, and located."""
