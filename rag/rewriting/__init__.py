"""Other wordings of a question, written by governed prompts."""
