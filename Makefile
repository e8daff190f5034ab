# make demo   a simulated card is read and judged; needs Python 3.11 or later and no compiler
# make test   set-up, every check, every test; at its end pytest's own summary
# make check  format, lint, types and the walls between the rooms
# make test-long, make bench, make clean

.POSIX:
SHELL = /bin/sh

PYTHON = python3
VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check install -q
PYTEST = $(BIN)/python -m pytest

SYSTEM_PACKAGES = tests/support/system_packages.sh
COVERAGE = --cov --cov-report=term

DEMO_READY = $(VENV)/.ready-for-demo
TEST_READY = $(VENV)/.ready-for-test

.PHONY: demo test check test-long bench clean

demo: $(DEMO_READY)
	@$(BIN)/python examples/demo.py

test: $(TEST_READY)
	@$(MAKE) --no-print-directory check
	@$(PYTEST) -m "not long" $(COVERAGE)

check: $(TEST_READY)
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

test-long: $(TEST_READY)
	@$(PYTEST) --hypothesis-profile=long

bench: $(TEST_READY)
	@$(BIN)/python -m benchmarks.reading
	@$(BIN)/python -m benchmarks.simulator
	@$(BIN)/python -m benchmarks.pcsc
	@$(BIN)/python -m benchmarks.pace
	@$(BIN)/python -m benchmarks.judging
	@$(BIN)/python -m benchmarks.hostile

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* \
		htmlcov build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(SYSTEM_PACKAGES) $(PYTHON) venv
	@$(PYTHON) -m venv $(VENV)

$(DEMO_READY): $(BIN)/python pyproject.toml
	@$(PIP) -e '.[simulator]'
	@touch $@

$(TEST_READY): $(BIN)/python pyproject.toml $(SYSTEM_PACKAGES)
	@$(SYSTEM_PACKAGES) $(PYTHON) tests
	@$(PIP) -e '.[dev]'
	@touch $@ $(DEMO_READY)
