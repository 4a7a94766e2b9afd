# Included by llama.cpp's project() call: its command-line tools are not needed for the
# Python binding, and leaving them out halves the compile time.
set(LLAMA_BUILD_COMMON OFF)
