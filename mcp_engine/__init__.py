"""The core of MCP Engine: a model control plane on PostgreSQL.

Packages, from the bottom floor up (imports run down only, held by import-linter):

    errors access canonical identifiers services config logs      no dependencies among domains
    database                                                       PostgreSQL, tenants, migrations
    http                                                           FastAPI dependencies shared by routes
    telemetry  audit                                               spans and metrics; transparency log
    identity                                                       tenants, principals, keys, sessions
    artifacts  models  jobs                                        registry; model pool; durable work
    executions                                                     one run of a version on a model
    prompts                                                        the `prompt` kind and how it runs
    components                                                     how rag and plugins contribute
    server  cli                                                    composition and the faces
"""

__version__ = "0.1.0"
