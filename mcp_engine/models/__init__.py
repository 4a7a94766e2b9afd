"""Models behind LangChain's `BaseChatModel`: a supervised local llama.cpp pool, and OpenAI-compatible servers.

    port calls            what a served model is; the parameters of a call
    local remote          the two adapters; one conformance suite holds both
    service               which model a name means; providers and their sealed credentials
    pool process          the parent's side of local models: the fair queue, supervision, time limits
    host llama            the child process: one model, one request at a time
    prompts grammar       the model's chat template, and JSON Schema as a grammar (child process too)
    weights quantise      the GGUF file to serve and its digests; quantise runs in a child process

llama.cpp is imported in child processes only: a crash or a hang there takes one request with it.
"""
