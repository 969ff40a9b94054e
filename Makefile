# Everything runs from .venv, which is built from the hash-locked files in locks/ and from nothing else.
# `make demo` installs what the system needs; the tests, `check` and `bench` add the developers' tools once.

PYTHON ?= python3
VENV := .venv
RELEASE := kb/bundled.release
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --quiet
# uv takes the oldest Python to lock for from the interpreter it finds, unless told.
COMPILE := uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet \
	--python-version 3.11

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo serve test check e2e long fuzz mutate bench docs pages locks clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

setup: $(RELEASE) ## build .venv; afterwards .venv/bin/bespoke is the command

demo: setup ## six example patients, their cards and one decision from the log
	@$(BIN)/bespoke demo

serve: setup ## the CDS Hooks service on loopback
	@$(BIN)/bespoke serve

test: $(VENV)/.dev ## every test that needs no server and no browser, and the tests beside the rules
	@$(BIN)/bespoke test
	@$(BIN)/pytest --numprocesses auto

check: $(VENV)/.dev ## format, lint, types, import rules, the knowledge base
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bespoke check kb
	$(BIN)/bespoke fmt --check kb

e2e: $(VENV)/.dev $(RELEASE) ## tests against PostgreSQL, a browser and real clients
	@$(BIN)/pytest -m e2e

long: mutate ## everything random a hundredfold, the kill loops and the mutants: an hour or two
	@BESPOKE_THOROUGH=1 $(BIN)/pytest --numprocesses auto -m "long or not e2e"

N ?= 1000000
fuzz: $(VENV)/.dev ## random rules and charts through every evaluator; `make fuzz N=1000000`
	@$(BIN)/python -m tests.dsl.fuzz --pairs $(N)

mutate: $(VENV)/.dev ## mutants of evaluator and checker; who survives must be explained in tests/dsl/survivors.md
	@$(BIN)/python -m tests.dsl.mutants

bench: $(VENV)/.dev $(RELEASE) ## measurements, each printed beside its yardstick
	@missed=0; for file in bench/bench_*.py; do echo "== $$file"; \
		$(BIN)/python -m bench.$$(basename $$file .py) || missed=1; done; exit $$missed

docs: $(VENV)/.dev ## the tests of the documentation only
	@$(BIN)/pytest tests/docs

pages: $(RELEASE) ## write docs/calculators anew from the operations
	@$(BIN)/python -m cds.calculators.pages docs/calculators

locks: ## renew locks/ after a change in pyproject.toml; `make locks UPGRADE=--upgrade` takes newer versions
	@command -v uv >/dev/null || { echo "make locks needs uv on the path; it is a package on PyPI." >&2; exit 1; }
	$(COMPILE) $(UPGRADE) pyproject.toml --group build --output-file locks/runtime.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --group build --group dev --constraint locks/runtime.txt --output-file locks/dev.txt

clean: ## remove .venv and every cache
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A changed lock starts from an empty environment, so that nothing of the old one stays behind.
$(VENV)/.runtime: locks/runtime.txt locks/dev.txt
	@command -v $(PYTHON) >/dev/null || { \
		echo "Bespoke needs Python 3.11 or newer, and there is no $(PYTHON) here: install it, or name one with 'make PYTHON=python3.12'." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Bespoke needs Python 3.11 or newer, and $(PYTHON) is older: name a newer one, such as 'make PYTHON=python3.12'." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module: install it (Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Building $(VENV) from locks/runtime.txt (once) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(INSTALL) --require-hashes -r locks/runtime.txt
	@touch $@

$(VENV)/.project: $(VENV)/.runtime pyproject.toml
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# What the commands answer with; after an edit of the knowledge base they read its files until it is built anew.
$(RELEASE): $(VENV)/.project $(shell find kb -name '*.rule' -o -name '*.toml' -o -name '*.tsv' -o -name '*.py')
	@rm -f $@
	@$(BIN)/bespoke kb build --output $@ >/dev/null

$(VENV)/.dev: $(VENV)/.project
	@echo "Adding the developers' tools from locks/dev.txt (once) ..."
	@$(INSTALL) --require-hashes -r locks/dev.txt
	@touch $@
