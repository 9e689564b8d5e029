# setup: an environment in .venv    demo: record a real training and look at it    test: everything
# test-core: the core on every Python found    check: lint, types, layers    bench: the measured table

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.stamp
UI     := $(shell find aim/web/ui -name node_modules -prune -o -type f -print)

.PHONY: setup demo test test-core check format bench clean

setup: $(STAMP)

# The build hook makes the web UI out of aim/web/ui where that is newer.
$(STAMP): pyproject.toml constraints.txt hatch_build.py $(UI)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/typing
	$(BIN)/lint-imports --no-cache

test: check
	$(BIN)/python -m pytest --durations=10

# PYTHONS="python3.12 /opt/python3.13/bin/python3" chooses the interpreters.
test-core:
	$(PYTHON) scripts/test_core.py

demo: setup
	$(BIN)/python scripts/demo.py

bench: setup
	$(BIN)/python -m benchmarks

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .venvs demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
