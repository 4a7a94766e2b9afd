"""Prompts: the kind of artifact that is a template with its variables, model parameters and output schema.

templates   the sandboxed template language: what it allows (allowed), where things stand (positions)
schemas     the body of a prompt, and what the API takes and gives
kind        what the registry asks of the kind `prompt`
rendering   from a version and variables to messages
files       the file that `prompt push` reads
drafts      what is known of a prompt that is still being written
diff        what changed between two versions
service     the rules, over the registry
runs        one run on a model, recorded
"""
