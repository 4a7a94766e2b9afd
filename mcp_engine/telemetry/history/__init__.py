"""The course of the server's own Prometheus metrics, kept in PostgreSQL."""
