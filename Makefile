# `make demo` and `make test` work from a bare clone: each makes the environment first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Small networks lose time to a second thread; data lies beside the project where there is any.
export OMP_NUM_THREADS ?= 1
ifneq ($(wildcard ../shared/data),)
export HINTERLAND_DATA ?= $(abspath ../shared/data)
endif

# Whose numbers hang most on how the processor adds, and the vector instructions that a newer one would not use.
ARITHMETIC := tests/contracts tests/preprocessing tests/densities tests/networks tests/training
# Half of the tests by time, on one of two cores; the others run on the other.
WHOLE := tests/contracts tests/report tests/cases tests/cli tests/detectors
# `make coverage` puts coverage between the two.
RUN := -m
PYTEST = $(BIN)/python $(RUN) pytest

.PHONY: help pages figures docs docs-check dist demo test test-methods test-parts test-fast coverage test-processors lint types bench bench-parts clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "hinterland needs Python 3.11 or newer; set PYTHON")'
	$(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=$(abspath constraints.txt) $(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

demo: $(VENV)/.installed ## the default detector on a real table: scores, labels and reasons
	$(BIN)/hinterland demo

test: lint types $(VENV)/.installed ## lint, types and all tests, and which of these were the slowest
	$(MAKE) --no-print-directory -j2 --output-sync=target test-methods test-parts

test-methods: $(VENV)/.installed ## the first half of the tests, which runs beside the other: whole methods and commands
	$(PYTEST) $(WHOLE) --durations=20

test-parts: $(VENV)/.installed ## the second half: all else
	$(PYTEST) tests $(WHOLE:%=--ignore=%) --durations=20

test-fast: $(VENV)/.installed ## tests but for the slow ones, in a minute and a half
	$(PYTEST) -m "not slow"

coverage: $(VENV)/.installed ## the same as test, and which lines it runs; an error below 92 %
	$(BIN)/coverage erase
	$(MAKE) test RUN="-m coverage run -m"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-processors: $(VENV)/.installed ## tests of arithmetic once more: as on older processors, and with two threads
	ATEN_CPU_CAPABILITY=default $(PYTEST) $(ARITHMETIC)
	ATEN_CPU_CAPABILITY=avx2 $(PYTEST) $(ARITHMETIC)
	OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive $(PYTEST) $(ARITHMETIC)

lint: $(VENV)/.installed ## style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed ## static types
	$(BIN)/mypy

bench: $(VENV)/.installed ## every detector beside what a user would pick instead, as ratios in one run (docs/speed.md)
	$(BIN)/python benchmarks/speed.py

bench-parts: $(VENV)/.installed ## speed and memory of single parts, against their targets
	$(BIN)/python benchmarks/training_speed.py
	$(BIN)/python benchmarks/scoring_speed.py
	$(BIN)/python benchmarks/graph.py
	$(BIN)/python benchmarks/images.py
	$(BIN)/python benchmarks/clustering.py
	$(BIN)/python benchmarks/threads.py
	$(BIN)/python benchmarks/score_memory.py

pages: $(VENV)/.installed ## what is generated of the documents: pages of results, README's lines and picture, module map
	store=$$(mktemp -d)/kept.sqlite && $(BIN)/hinterland benchmark import benchmarks/results.jsonl.gz --store $$store \
	&& $(BIN)/hinterland benchmark results --store $$store
	$(BIN)/python docs/generate/first_page.py
	$(BIN)/python docs/generate/decision_table.py
	$(BIN)/python docs/generate/published_baselines.py
	$(BIN)/python docs/generate/module_map.py

figures: $(VENV)/.installed ## each method on toy shapes, for its page, and their comparison: some minutes
	$(BIN)/python docs/generate/method_figures.py

$(VENV)/.documents: $(VENV)/.installed
	PIP_CONSTRAINT=$(abspath constraints.txt) $(BIN)/pip install --quiet --disable-pip-version-check -e '.[docs]'
	touch $@

docs: $(VENV)/.documents ## the documentation site, with its gallery, in docs/_build/html
	$(BIN)/python -m sphinx -b html -W --keep-going -d docs/_build/doctrees docs docs/_build/html

docs-check: $(VENV)/.documents ## the site without its gallery, in a minute: an error for a warning or a dead link
	HINTERLAND_GALLERY=0 $(BIN)/python -m sphinx -b html -W --keep-going -j2 -d docs/_build/check-doctrees docs docs/_build/check

dist: $(VENV)/.installed ## source distribution and wheel in dist/, checked, and the wheel's demonstrations in a clean environment
	rm -rf dist build
	$(BIN)/pip install --quiet --disable-pip-version-check build twine
	$(BIN)/python -m build --outdir dist .
	$(BIN)/twine check --strict dist/*
	alone=$$(mktemp -d) && $(PYTHON) -m venv $$alone && $$alone/bin/pip install --quiet -c constraints.txt dist/*.whl \
	&& cd $$alone && bin/hinterland demo && bin/hinterland demo pictures --quiet >/dev/null && rm -rf $$alone

clean: ## remove the environment and what tools left
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .coverage* build dist docs/_build docs/generated *.egg-info src/*.egg-info
