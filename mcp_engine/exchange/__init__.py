"""Import and export: what other systems and plain folders hold, as versions of ours and back.

parcel      what is brought over, whatever it comes from, and remarks on what is not
names       names, labels, tags and variables of others, as ours
braces      `{{ x }}` text of Langfuse and MLflow, as templates and back
settings    model parameters of others, as ours and back
folder      prompts and datasets as files
mlflow      MLflow's prompt registry
langfuse    Langfuse's prompts; langfuse_api speaks to a server
promptfoo   promptfoo's configuration files
planning    in which order versions and labels are made, which numbers they get, and what stands in the way

Nothing here speaks to our own server: the command line does.
"""
