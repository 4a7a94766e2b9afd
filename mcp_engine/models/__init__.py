"""Models behind LangChain's `BaseChatModel`: a supervised local llama.cpp pool, and OpenAI-compatible servers.

    port          what a served model is: its identity and its call parameters
    weights       the GGUF file to serve, its digests; quantise runs in a child process
    host          the child process; llama, prefixes and stopping do its work, frames carries it
    process pool  the parent's side: supervision, the fair queue, time limits
    local remote  the two `BaseChatModel` adapters; one conformance suite holds both
    service       which model a name means; providers and their sealed credentials

`llama.py` is the only module that touches llama.cpp, and only child processes import it.
"""
