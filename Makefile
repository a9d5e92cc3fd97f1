# Two commands do everything: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
OUT ?= results/run

.PHONY: run test lint docs clean help

help:
	@echo "make run    create .venv, install, run the main job (result in $(OUT))"
	@echo "make test   everything that continuous integration runs"
	@echo "make lint   style and types only"
	@echo "make docs   build the documents into docs/_build"

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "thaw needs Python 3.11 or newer; try: make PYTHON=python3.11 run"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[calibrate,cluster,test]'
	@touch $(STAMP)

run: $(STAMP)
	$(BIN)/thaw run --out $(OUT)
	@echo
	@echo "Figures: $(OUT)/figures   Table: $(OUT)/observables.csv   Data: $(OUT)/run.nc"
	@echo "Try next:  $(BIN)/thaw reforms"
	@echo "           $(BIN)/thaw run no_virgin_lands --out results/no_virgin_lands"
	@echo "           $(BIN)/thaw record series gulag.prisoners_total"

lint: $(STAMP)
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	$(BIN)/mypy

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	$(BIN)/sphinx-build -W -q -b html docs docs/_build
	@echo "Documents: docs/_build/index.html"

clean:
	rm -rf $(VENV) results docs/_build
