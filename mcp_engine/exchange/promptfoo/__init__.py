"""promptfoo's configuration files, as prompts and a dataset of ours and back.

sources      files that a configuration names: only below one folder, and never run
assertions   what a test asserts, and which of it a row can expect
cases        tests, defaults, scenarios and tables, as rows
reading      a configuration, as a parcel
writing      a prompt and a dataset, as a configuration

Code (JavaScript, Python, executables) and anything from the network is named as left out, never run or fetched.
"""
