# Two commands: `make test` and `make book`. Each sets itself up in .venv; both need only Python >= 3.11.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.circuitlib-ready
PINS := $(VENV)/pins.txt
PAGE := _build/html/index.html

LIBRARY := $(shell find circuitlib -name '*.py')
CHAPTERS := index.md $(wildcard book/*.md book/*.bib book/*.yml) $(shell find book/_static book/results -type f ! -name glue.json 2>/dev/null)
CONFIG := _config.yml _toc.yml

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE := 1
# One core each: `make test` builds the book and runs the notebooks at the same time.
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export NUMBA_NUM_THREADS := 1
# Large arrays use their memory again: to hand it back and ask anew costs up to a tenth of the time.
export MALLOC_MMAP_THRESHOLD_ := 4294967296
export MALLOC_TRIM_THRESHOLD_ := 4294967296

.DELETE_ON_ERROR:
.PHONY: help setup test lint unit slow book check run notebooks ledger record draft clean

help:
	@echo "make test    everything: lint, book, check, slow beside unit, run"
	@echo "make book    build the book, then open $(PAGE)"
	@echo "make lint           style, types, prose and ledger"
	@echo "make unit / slow    the tests of the library and the tools / those that take long"
	@echo "make check / run    open the built pages / execute the notebooks in a fresh environment"
	@echo "make notebooks / ledger / record    regenerate the notebooks / the results table / the recorded numbers"
	@echo "make draft CHAPTER=book/NN-name.md  build one chapter alone"

setup: $(SETUP)

# The versions of environment.yml; torch first, so that nothing else chooses another one.
$(SETUP): pyproject.toml environment.yml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	sed -n 's/^ *- \([^ ]*==[^ ]*\)$$/\1/p' environment.yml > $(PINS)
	$(BIN)/python -m pip install --quiet $$(grep '^torch==' $(PINS))
	$(BIN)/python -m pip install --quiet --constraint $(PINS) --editable ".[data,test,book]"
	touch $@

test: $(SETUP)
	$(BIN)/python book/_tools/side_by_side.py --make "$(MAKE)" "lint book check slow" "unit run"

lint: $(SETUP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python book/_tools/lint_prose.py
	$(BIN)/python book/_tools/ledger.py --check
	$(BIN)/python book/_tools/make_notebooks.py --check

unit: $(SETUP)
	$(BIN)/python -m pytest -m "not slow"

# Without the shape checks, which the fast tests make and which double the time of a fit.
slow: $(SETUP)
	$(BIN)/python -m pytest -m slow -o addopts="--strict-markers --import-mode=importlib"

book: $(PAGE)

# Cold every time: the cache of executed cells does not see a change in the library.
$(PAGE): $(SETUP) $(LIBRARY) $(CHAPTERS) $(CONFIG)
	rm -rf _build
	$(BIN)/python book/_tools/build_book.py || { rm -f $@; exit 1; }
	touch $@

check: $(PAGE)
	$(BIN)/python book/_tools/check_book.py

run: $(SETUP)
	$(BIN)/python book/_tools/run_notebooks.py

notebooks: $(SETUP)
	$(BIN)/python book/_tools/make_notebooks.py

ledger: $(SETUP)
	$(BIN)/python book/_tools/ledger.py

record: $(PAGE)
	$(BIN)/python book/_tools/record_glue.py
	$(BIN)/python book/_tools/make_notebooks.py

draft: $(SETUP)
	$(BIN)/python book/_tools/draft.py $(CHAPTER)

clean:
	rm -rf _build dist build *.egg-info
