"""What every route shares: problem documents, the caller, services, paging, server-sent events."""
