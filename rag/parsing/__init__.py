"""Documents to text: what a file is, what it says, and where each character of the text came from.

`pool` is the way in: it runs the parsers of `formats` in supervised child processes, because the
libraries that read PDF, DOCX and HTML are native code that meets hostile input.
"""
