# setup  prepares everything and starts nothing     run    opens the window
# test   the whole suite                            lint   style, types, import rules
# format  puts the code into the house's form       docs   the documentation site, in build/site
# coverage  the suite again, and how much of the code it runs: not less than before
# bench  speed, each figure beside a named peer's
# attack    5,000 broken inputs, each to be refused or used rightly; ONLY=sounds:17 does one again
# soak   MINUTES=10 of live listening, in which memory, files and threads must be flat
# day    HOURS=24 of listening by a schedule, simulated at speed: memory flat, every gap noted
# pictures  of README and docs, made anew; every page in every size in build/pictures
# walks     a new user's ways through a real window: clicks, keys, seconds, pictures in build/walks
# package   installers for this system, in dist/      package-test  uses one without Python (root)
# pip-test  installs with pip into an empty environment
.PHONY: setup run test lint format docs coverage bench attack soak day pictures walks package package-test \
	pip-test
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

# Tests in one process more than there are cores, as they wait for a third of their time (for a
# microphone, a window, a process); more than four would not be quicker.
BESIDE = --numprocesses=$(shell $(PYTHON) -c "import os; print(min(4, (os.cpu_count() or 1) + 1))") --dist=worksteal

run: $(READY)
	@packaging/system-packages run
	$(VENV)/bin/python -m desktop $(FILE)

test: $(READY)
	@packaging/system-packages test
	$(VENV)/bin/python -m pytest $(BESIDE)

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(READY)
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict --quiet
	@echo build/site/index.html

coverage: $(READY)
	@packaging/system-packages test
	$(VENV)/bin/coverage run -m pytest $(BESIDE)
	$(VENV)/bin/coverage combine --quiet
	$(VENV)/bin/coverage report

bench: $(READY)
	@packaging/system-packages test
	$(VENV)/bin/python -m pytest tests/benchmarks --benchmark-only --benchmark-columns=median,iqr,rounds

attack: $(READY)
	@packaging/system-packages test
	$(VENV)/bin/python -m tests.robustness.attack $(ONLY)

MINUTES := 10
soak: $(READY)
	@packaging/system-packages test
	$(VENV)/bin/python -m tests.robustness.soak $(MINUTES)

HOURS := 24
day: $(READY)
	$(VENV)/bin/python -m tests.robustness.day $(HOURS)

pictures: $(READY)
	@packaging/system-packages test
	$(VENV)/bin/python packaging/pictures/make.py

walks: $(READY)
	@packaging/system-packages test
	$(VENV)/bin/python packaging/walks/make.py

PACKING := build/venv
PACKING_READY := $(PACKING)/.ready

# What is frozen is what lies in this environment: nothing of the tests, and the torch that pip finds.
$(PACKING_READY): pyproject.toml constraints.txt packaging/requirements.txt
	@packaging/system-packages package
	$(PYTHON) -m venv --clear $(PACKING)
	$(PACKING)/bin/python -m pip install --quiet --constraint constraints.txt --editable . \
		--requirement packaging/requirements.txt
	@touch $@

package: $(PACKING_READY)
	@packaging/system-packages package
	$(PACKING)/bin/python packaging/build.py

package-test:
	@packaging/system-packages package-test
	@ls dist/earmark_*.deb >/dev/null 2>&1 || $(MAKE) package
	packaging/linux/package_test.sh "$$(ls -t dist/earmark_*.deb | head -n 1)"

pip-test:
	@packaging/system-packages pip-test
	packaging/pip_test.sh
