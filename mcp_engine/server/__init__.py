"""The server: what holds a data directory, composes the services, and answers HTTP."""
