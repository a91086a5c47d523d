# Every target sets up what it needs. On a fresh machine: Python 3.11 or later, make and git.

BIN := .venv/bin
STAMP := .venv/.installed
MANIFESTS := pyproject.toml uv.lock $(wildcard */pyproject.toml */*/pyproject.toml)
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install demo up down status test test-unit check audit format bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

install: $(STAMP) ## Install everything into .venv (and uv into .tools when there is none)

$(STAMP): $(MANIFESTS) scripts/bootstrap
	./scripts/bootstrap
	@touch $(STAMP)

demo: $(STAMP) ## Run real jobs through a stack of their own and show what they found
	$(BIN)/headrace demo $(ARGS)

up: $(STAMP) ## Start the stack in .headrace, leave it running, print the addresses and a first job
	$(BIN)/headrace up --detach $(ARGS)

down: $(STAMP) ## Stop the stack in .headrace; its data stays
	$(BIN)/headrace down $(ARGS)

status: $(STAMP) ## Show the processes of the stack in .headrace
	$(BIN)/headrace status $(ARGS)

test: test-unit ## Run the tests: unit, then contract, integration, e2e and chaos with real servers
	@{ command -v curl && command -v jq; } >/dev/null || ./scripts/debian-packages
	./scripts/test-layers $(ARGS)

test-unit: $(STAMP) ## Run the unit tests alone: no I/O, a few seconds
	$(BIN)/python -m pytest -n 2 tests/unit $(ARGS)

check: $(STAMP) ## Lint, check the format, the types and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(wildcard libs/*/src services/*/src agent/src cli/src tests bench/*.py)
	$(BIN)/lint-imports

audit: $(STAMP) ## Look for known vulnerabilities in what is locked (needs no network, and says so)
	$(BIN)/python scripts/audit $(ARGS)

format: $(STAMP) ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP) ## Measure speed, latency and memory; writes bench/results
	$(BIN)/python -m bench $(ARGS)

clean: ## Remove .venv, .tools and caches; keeps the data of stacks
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
