"""Who may read a document: a list of principals and groups, or everyone in the tenant.

The list is kept in the database and enforced there: the policies of the migration `0006_readers` hide a restricted
document, its versions, contents and jobs, and executions whose output shows its text, from whoever is not on it, in
every query. The rows of the index have no policy, because a search reads them by the thousand: each search is told the
versions that its reader may see (`rag.filters`), before it scores.
"""
