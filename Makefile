# `make` prints the verbs. Everything runs in an environment of its own in $(VENV).

VENV ?= .venv
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo $$p && break; done)
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SOURCES := searcher tests tools benchmarks
FOLDERS := $(sort $(dir $(wildcard tests/*.py tests/*/*.py tools/*.py tools/*/*.py)))

# Folders named behind `eval` are goals to make, and there already; SETS="DIR DIR" does as well.
JUDGED = $(or $(SETS),$(filter-out eval,$(MAKECMDGOALS)))

.PHONY: help demo test check fix docs bench scaling stages eval test-whoosh torture cluster test-cluster \
	test-all lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

demo: $(VENV)/.run ## set up, build index/ from seeds/, and search it
	$(BIN)/searcher build seeds --include '*.txt'
	$(BIN)/searcher search '驻村 产业'
	$(BIN)/searcher search '"参与脱贫"'

test: check ## check, then every test (Python alone, a few minutes)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

check: $(VENV)/.dev ## format, lint, types, import contracts; changes nothing
	$(BIN)/ruff format --check --quiet $(SOURCES)
	$(BIN)/ruff check --quiet $(SOURCES)
	$(BIN)/mypy
	@# Tests and tools are no packages, and modules of two folders share a name (conftest.py): so
	@# each folder has a run of its own.
	for folder in $(FOLDERS); do $(BIN)/mypy $$folder*.py || exit 1; done
	$(BIN)/lint-imports

fix: $(VENV)/.dev ## format and mend what can be mended by itself
	$(BIN)/ruff check --fix --quiet $(SOURCES)
	$(BIN)/ruff format --quiet $(SOURCES)

docs: $(VENV)/.dev ## make the generated pages again
	$(BIN)/python tools/make_cli_page.py > docs/cli.md

bench: $(VENV)/.bench ## time ours beside its peers: make bench CORPUS=PATH DOCUMENTS=10000
	$(BIN)/python -m benchmarks.bench $(or $(CORPUS),seeds) $(if $(DOCUMENTS),--documents $(DOCUMENTS)) --keep-going --out

scaling: $(VENV)/.bench ## how it grows: make scaling CORPUS=PATH
	$(BIN)/python -m benchmarks.scaling $(CORPUS) --out

stages: $(VENV)/.dev ## MB/s of each stage of analysis: make stages CORPUS=PATH
	$(BIN)/python -m benchmarks.stages $(or $(CORPUS),seeds)

eval: $(VENV)/.dev ## score the ranking on judged sets beside simple schemes: make eval DIR DIR
	$(BIN)/python -m benchmarks.evaluate $(JUDGED)
	$(BIN)/python -m benchmarks.baselines $(JUDGED)

test-whoosh: $(VENV)/.dev ## Whoosh's own tests over our codec, fetched by hash
	$(BIN)/python tests/whoosh_suite/run.py

torture: $(VENV)/.dev ## kill, break, forge, flood: TORTURE_MINUTES=10 of it, repeatable by TORTURE_SEED
	TORTURE_MINUTES=$(or $(TORTURE_MINUTES),10) $(BIN)/python -m pytest tests/torture

cluster: $(VENV)/.python ## three OpenSearch nodes on loopback to try things out, until Ctrl-C
	$(BIN)/python tools/cluster

test-cluster: $(VENV)/.cluster ## the OpenSearch engine against a real cluster (needs Java and Maven)
	$(BIN)/python -m pytest --durations=15 tests/cluster

test-all: ## pytest on every supported Python found
	@for version in 3.11 3.12 3.13; do \
		if python$$version -c '' 2>/dev/null; then \
			$(MAKE) --no-print-directory VENV=.venv-$$version PYTHON=python$$version .venv-$$version/.dev \
			&& .venv-$$version/bin/python -m pytest -q || exit 1; \
		else echo "python$$version: not found"; fi; done

lock: $(VENV)/.dev ## resolve the pinned versions anew
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-emit-index-url \
		--no-emit-trusted-host --no-emit-find-links -o requirements.txt pyproject.toml
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --no-emit-index-url \
		--no-emit-trusted-host --no-emit-find-links --allow-unsafe --extra dev \
		-c requirements.txt -o requirements-dev.txt pyproject.toml

clean: ## remove the environments and caches
	rm -rf .venv .venv-* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "searcher needs Python 3.11, 3.12 or 3.13; name one: make PYTHON=…"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.python requirements.txt
	$(PIP) install --require-hashes -r requirements.txt
	$(PIP) install --no-deps --editable .
	@touch $@

# A peer without a wheel for this machine is named in the report, and does not stop the rest.
$(VENV)/.bench: $(VENV)/.dev
	-$(PIP) install --editable '.[bench]'
	@touch $@

# Dask is not among the pinned packages: it is for those who have many machines.
$(VENV)/.cluster: $(VENV)/.dev
	$(PIP) install --editable '.[opensearch,dask]'
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@
