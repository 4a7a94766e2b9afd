"""Feedback: what people and programs say about an execution or a conversation, at any later time.

Facts (metric, boolean or number, what it is about) never change; words stand in a table of their own,
where they can be erased, and a salted commitment in the facts still proves what they were.
"""
