"""A Weaviate server for tests: its REST and gRPC interfaces on real ports, over objects in memory.

The gRPC side is built on the client's own protobuf definitions. It refuses what the real server refuses (unknown
collections, tenants and properties, wrong types, vectors of another length, no key), searches exactly, and can be
made slow, picky or absent. Not covered: replication, cold tenants, approximate indexes, modules, GraphQL.
"""
