"""What `mcp-engine ci` does: prompt files that a branch changed, against the versions that are released.

settings    the file that says which prompts are checked on which rows
changes     the changed files, from git
running     pushes, evaluations, verdicts
reports     the same as Markdown and as JUnit
"""
