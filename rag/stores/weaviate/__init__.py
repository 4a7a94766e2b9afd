"""Weaviate as a store: one multi-tenant collection (for each length of vectors), with vectors and terms of our own.

connection  the client, made when first needed; its errors in our words
schema      the collection that chunks stand in
writing     batches, with what was refused by name
store       the store that these make up
"""
