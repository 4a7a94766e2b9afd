"""Import and export: what other systems and plain folders hold, as versions of ours and back.

parcel           what is brought over, whatever it comes from, and remarks on what is not
names            names, labels, tags, roles and variables of others, as ours
braces           `{{ x }}` text of Langfuse and MLflow, as templates and back
settings         model parameters of others, as ours and back
datasets         rows on their way, checked and known by their digest
planning         in which order versions and labels are made, which numbers they get, and what stands in the way
folder           prompts and datasets as files
mlflow_prompts   prompts of MLflow's registry; `mlflow_registry` speaks to one
langfuse         prompts of Langfuse; `langfuse_api` speaks to a server
promptfoo        configurations of promptfoo

Nothing here speaks to our own server: the command line does.
"""
