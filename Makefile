# Two commands: `make demo` shows the main job, `make test` runs every check. Each makes .venv when it is missing.
PYTHON ?= python3
BIN := .venv/bin
# torch first and by version, so that a CPU build is used where one is on disk.
TORCH := torch==2.13.0
# The embedding model is exported to ONNX once for each machine; better now than at the first question.
WARM_UP := $(BIN)/python -c 'from expunge.models import load_embedder; load_embedder()'

.PHONY: demo test lint types unit clean

demo: .venv/demo
	$(BIN)/expunge demo

test: lint types unit

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# mypy wants the folder's name to be the package's; the link gives it that name, and tests and examples lie inside it.
types: .venv/dev
	mkdir -p .build && ln -sfn .. .build/expunge
	MYPYPATH=.build $(BIN)/mypy -p expunge

# The page is tested in a browser, which Debian has; where it cannot be installed those tests are skipped and say so.
unit: .venv/dev
	tests/install-browser.sh
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2

.venv/python:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q $(TORCH)
	touch $@

.venv/demo: .venv/python pyproject.toml constraints.txt
	$(BIN)/pip install -q -c constraints.txt -e '.[local,offline]'
	$(WARM_UP)
	touch $@

.venv/dev: .venv/python pyproject.toml constraints.txt
	$(BIN)/pip install -q -c constraints.txt -e '.[local,offline,openai,serve,audit,unlearn,ray,dev]'
	$(WARM_UP)
	touch $@ .venv/demo

clean:
	rm -rf .venv .build build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
