"""PostgreSQL: the embedded cluster, engines, tenant-bound transactions, DDL building blocks, migrations."""
