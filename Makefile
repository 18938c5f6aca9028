# setup  prepares everything and starts nothing     run    opens the window
# test   the whole suite                            lint   style, types, import rules
# bench  speed, each figure beside a named peer's
.PHONY: setup run test lint bench
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
export PYTHON
VENV := .venv
READY := $(VENV)/.ready

setup: $(READY)
	@packaging/system-packages test

$(READY): pyproject.toml constraints.txt
	@packaging/system-packages run
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: $(READY)
	@packaging/system-packages run
	$(VENV)/bin/python -m desktop $(FILE)

test: $(READY)
	@packaging/system-packages test
	$(VENV)/bin/python -m pytest

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(READY)
	@packaging/system-packages test
	$(VENV)/bin/python -m pytest tests/benchmarks --benchmark-only --benchmark-columns=median,iqr,rounds
