"""The Python client of MCP Engine."""
