UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
export CMAKE_ARGS := -DLLAVA_BUILD=OFF -DCMAKE_PROJECT_INCLUDE=$(CURDIR)/deploy/llama/trim.cmake

.venv: 
	$(UV) sync --frozen
