# Two commands matter: `make demo` shows it at work, `make test` proves it. Each sets itself up in .venv.
PYTHON ?= python3
BIN := .venv/bin
# Pinned here, for it is no part of the locks: what fuzzes needs a Python and a platform of its own.
ATHERIS := 3.0.0

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench bench-index bench-screen bench-live pictures fuzz format lock

help:            ## this list
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: .venv/.ready  ## the virtual environment, from the locks

.venv/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "tlscope needs Python >= 3.11; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup      ## a real client through tlscope to a real server, both handshakes and the data, offline
	@$(BIN)/tlscope demo

test: setup      ## every test; those that need a system tool skip where it is missing
	@$(BIN)/python -m pytest -n auto

check: setup     ## formatting, lint, types, import directions, locks
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python tests/mirror.py

bench: setup     ## side by side with the peers that are installed; ARGS="--rounds 5 --markdown"
	@$(BIN)/python tests/bench/compare.py $(ARGS)

bench-index: setup  ## how fast captures are indexed, and filters answered; ARGS="--rows 1000000"
	@$(BIN)/python tests/bench/index.py $(ARGS)

bench-screen: setup  ## how fast the screen is over many rows; ARGS="--rows 1000000"
	@$(BIN)/python tests/bench/screen.py $(ARGS)

bench-live: setup  ## what the screen costs the recorder, and how fast it is while 2,000 exchanges a second come in
	@$(BIN)/python tests/bench/live.py $(ARGS)

pictures: setup  ## docs/pictures, from the capture in tests/data
	@$(BIN)/python tests/pictures.py

fuzz: .fuzz/.ready  ## random bytes into everything that reads; ARGS="x509 query --seconds 60"
	@.fuzz/bin/python tests/fuzz/run.py $(ARGS)

.fuzz/.ready: requirements/dev.txt
	@$(PYTHON) -m venv .fuzz
	@.fuzz/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@.fuzz/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: atheris==$(ATHERIS) \
		|| { echo "no fuzzing: atheris $(ATHERIS) cannot be had for $$($(PYTHON) --version) here; name one that it is made for: make PYTHON=python3.11 fuzz"; exit 1; }
	@touch $@

format: setup    ## as ruff would have it
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock:            ## new locks from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements/runtime.txt
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -q -o requirements/dev.txt
