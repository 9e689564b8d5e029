# setup: an environment in .venv    demo: record real trainings and look at them    test: everything, as CI does
# test-core: the core on every Python found    test-adapters: with real frameworks, newest and oldest
# check: lint, types, layers    check-ui: the front end's
# bench, bench-ui: the measured tables    soak: half an hour live, nothing may grow
# screenshots: the pictures of docs/images

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.stamp
DEMO   := $(VENV)/.stamp-demo
UI     := $(shell find aim/web/ui -name node_modules -prune -o -type f -print)

.PHONY: setup demo test test-python test-slow test-core test-adapters check check-ui chromium format bench bench-ui soak kill-loop screenshots clean

setup: $(STAMP)

# The build hook makes the web UI out of aim/web/ui where that is newer.
$(STAMP): pyproject.toml constraints.txt hatch_build.py $(UI)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

# What the demo needs and no more: the tools of the tests take minutes to install. `setup` adds them to the same environment.
$(DEMO): pyproject.toml constraints.txt hatch_build.py $(UI)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo]'
	touch $@

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/typing
	$(BIN)/lint-imports --no-cache

check-ui: setup
	$(BIN)/python scripts/check_ui.py

chromium: setup
	$(BIN)/python scripts/need_chromium.py

test-python: setup
	$(BIN)/python -m pytest -m "not adapter and not slow" --durations=10

# The longer forms of tests, which `make test` leaves out, and many more examples of property tests: some minutes.
test-slow: setup
	LONG_TESTS=1 $(BIN)/python -m pytest -m "(slow or long) and not adapter" --durations=10

# One after the other, whatever -j says: the tests count on a machine of their own.
test:
	@begin=$$(date +%s); \
	for target in setup chromium check check-ui test-python test-adapters; do \
		$(MAKE) --no-print-directory $$target || exit 1; \
	done; \
	echo "make test took $$(( $$(date +%s) - begin )) s"

# ARGS="--only oldest -k lightning" chooses.
test-adapters: setup
	$(BIN)/python scripts/test_adapters.py $(ARGS)

# PYTHONS="python3.12 /opt/python3.13/bin/python3" chooses the interpreters.
test-core:
	$(PYTHON) scripts/test_core.py

demo: $(DEMO)
	$(BIN)/python scripts/demo.py

# ARGS="--rivals --only logs": beside TensorBoard's readers, which it installs into .venvs/rivals.
bench: setup
	$(BIN)/python -m benchmarks $(ARGS)

bench-ui: setup chromium
	$(BIN)/python -m benchmarks.ui

# MINUTES=8 for a shorter one.
soak: setup chromium
	$(BIN)/python -m benchmarks.soak --minutes $(or $(MINUTES),30)

# 200 writers killed at random moments; prints the points acknowledged and lost.
kill-loop: setup
	$(BIN)/python -m tests.fault.kill_loop --kills 200

screenshots: setup chromium
	$(BIN)/python scripts/screenshots.py

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .venvs demo build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf aim/web/static aim/web/ui/node_modules
