"""Datasets drafted from a collection.

A governed prompt words questions about sentences, which are their gold spans by construction; a person confirms them.
"""
