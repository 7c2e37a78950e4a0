# make demo   set up, grade a sample class in the sandbox, print where its report is
# make test   set up, lint, type-check and run all tests
# make fuzz   read 20,000 hostile inputs with each of six readers, some minutes
# make messages  compile the texts of all languages, and say which translations are missing or stale
# make setup  only make .venv with everything
# make docs   build the documentation as a site, build/site/index.html

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Processes that run tests side by side, each a file at a time. Tests wait for sandboxes and browsers a good part of their
# time, so one more than there are processors; each may take some 2 GB of memory.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(8, len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else 2))')
DOCS := build/docs-venv
STAMP := $(VENV)/.installed
DOCS_STAMP := $(DOCS)/.installed

.PHONY: setup demo test lint unit fuzz bench release docs messages clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "convmark needs Python 3.11 or newer; name one with make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps -e .
	@touch $@

demo: $(STAMP)
	$(BIN)/convmark demo --out demo

test: lint unit

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/convmark release --check
	$(BIN)/convmark quiz lint --strict
	$(BIN)/python tools/translations.py --check

unit: $(STAMP)
	$(BIN)/python -m pytest tests -n $(WORKERS) --dist loadfile --no-loadscope-reorder

fuzz: $(STAMP)
	$(BIN)/python -m tests.fuzz --inputs 20000

bench: $(STAMP)
	$(BIN)/python benchmarks/bench_student.py
	$(BIN)/python benchmarks/bench_isolation.py
	$(BIN)/python benchmarks/bench_class.py
	$(BIN)/python benchmarks/bench_cluster.py
	$(BIN)/python benchmarks/bench_evaluate.py
	$(BIN)/python benchmarks/bench_nbgrader.py
	$(BIN)/python benchmarks/bench_page.py

messages: $(STAMP)
	$(BIN)/python tools/translations.py

# Sphinx and its theme in an environment of their own: nothing else needs them.
docs: $(DOCS_STAMP)
	$(DOCS)/bin/python docs/site/build.py

$(DOCS_STAMP): requirements-docs.lock
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --require-hashes -r requirements-docs.lock
	@touch $@

release: $(STAMP)
	$(BIN)/convmark release
	$(BIN)/python -m autograder.instructor.reference

clean:
	rm -rf $(VENV) demo build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
