"""Duplicates: searched documents of a collection that are the same, or nearly.

What is searched has a signature, as it has chunks and postings, and loses it with them. Nothing here is ever
removed by itself: groups are shown, and a person decides.
"""
