"""The dashboard: a web application over the engine's REST API, built into `dist`."""
