"""What people say of a document beside its text: a few keys with values, by which searches are narrowed.

Metadata is kept in the document's own row, so that what hides the row hides it too. It is content: it can be changed at
any time, the audit log names its keys alone, and erasing the document erases it.
"""
