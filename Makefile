# `make test` sets itself up in .venv; it needs only Python >= 3.11.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.circuitlib-ready

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: test lint unit setup

test: lint unit

setup: $(SETUP)

# torch first, at the tested version, so that nothing else chooses another one.
$(SETUP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable ".[data,test,book]"
	touch $@

lint: $(SETUP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

unit: $(SETUP)
	$(BIN)/python -m pytest
