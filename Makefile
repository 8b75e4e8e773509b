# `make` explains itself; every target installs what it needs first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup run demo test check format lock bench freshness inbox archive scale chaos screenshots clean

help: ## Show what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

$(STAMP): requirements/bootstrap.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Signoff needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "python3 has no venv module here; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(STAMP) ## Create .venv with the locked dependencies

run: $(STAMP) ## Start the local stack: Temporal with its UI, OpenAI or the simulator, a worker
	@exec $(BIN)/signoff up

demo: $(STAMP) ## Run one job from submit to delivery, unattended (REAL=1: against OpenAI)
	@$(BIN)/python -m starter.demo $(if $(REAL),--real)

test: $(STAMP) ## Run all tests
	@$(BIN)/python -m pytest

check: $(STAMP) ## Check format, lint and types, then run all tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(MAKE) --no-print-directory test

format: $(STAMP) ## Format the code and mend what lint can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

lock: $(STAMP) ## Lock the dependencies anew, with hashes and without index addresses
	@sh requirements/lock.sh $(BIN)/uv

bench: $(STAMP) ## Measure the life of a job
	@$(BIN)/python -m bench.life

freshness: $(STAMP) ## Measure how soon a completed response is seen to await review
	@$(BIN)/python -m bench.freshness

inbox: $(STAMP) ## Measure the list of jobs with ten thousand of them
	@$(BIN)/python -m bench.inbox

archive: $(STAMP) ## Measure how soon closed jobs are found again, with a hundred thousand of them (ARGS="--large")
	@$(BIN)/python -m bench.archive $(ARGS)

scale: $(STAMP) ## Measure what ten thousand open jobs cost, and new work beside them (ARGS="--jobs 500")
	@$(BIN)/python -m bench.scale $(ARGS)

chaos: $(STAMP) ## Kill workers while jobs run, and account for every job, create, delivery and receipt
	@$(BIN)/python -m bench.chaos

screenshots: $(STAMP) ## Take the pictures of Temporal UI in docs/images anew, which needs Chromium
	@$(BIN)/python -m tests.browser.picture_temporal

clean: ## Remove what was installed; jobs and archive under .signoff stay
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
