"""The command line `mcp-engine`: a client of a running server, and the commands that start one."""
