"""The registry: immutable, numbered versions of governed artifacts, labels with a history, and locks.

kinds       what a kind of artifact promises; references between artifacts
versions    the values that the registry answers with
locks       what a release resolved to, and its digest
repository  every query
service     push, resolve, move a label
diff        what changed between two versions of any kind
live        the proof that live rows still match the audit log
"""
