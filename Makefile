# Two commands for people (demo, test), the rest for those who change the code.
# Everything lives in .venv, made with plain venv and pip from lock files with hashes.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS   ?=
# The tests' own files go to memory where the system has room for that: a disk that stands still for
# a second is a fault that some tests make on purpose, and none may meet by chance.
SCRATCH := $(shell test -w /dev/shm && test $$(df -k --output=avail /dev/shm 2>/dev/null | tail -n 1) -gt 2000000 && echo TMPDIR=/dev/shm)

.PHONY: help demo test check format bench policies docs lock clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | awk -F'|' '{printf "  make %-8s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("omilia-monitor needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.13") if sys.version_info < (3, 11) else 0'
	@echo "setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run  ## a simulated Omilia, an outage and the monitor beside it
	@$(BIN)/omilia-monitor demo $(ARGS)

test: $(VENV)/.dev  ## every test; real servers are brought up by the tests themselves
	$(SCRATCH) $(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term:skip-covered $(ARGS)

check: $(VENV)/.dev  ## format, lint, types, contracts
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev  ## let ruff put things right
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(VENV)/.dev  ## what a probe costs, as a ratio in one run
	$(BIN)/python -m benchmarks.tick $(ARGS)

policies: $(VENV)/.dev  ## try breakers on outages of all kinds, and write docs/policies.md (a minute)
	$(BIN)/python -m benchmarks.policies docs/policies.md

docs: $(VENV)/.dev  ## write the generated parts of docs/
	$(BIN)/python -m monitor.app.reference docs/configuration.md
	$(BIN)/python -m monitor.omilia.reference docs/catalogue.md

lock: $(VENV)/.dev  ## new lock files from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra postgres --extra redis --group build --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header -q -o requirements/run.txt
	uv pip compile pyproject.toml --extra postgres --extra redis --extra apprise --group dev --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header -q -c requirements/run.txt -o requirements/dev.txt

clean:  ## forget the environment and every cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov
