# Two commands: `make lab` opens the course, `make test` passes every test and every notebook.
# What passed before and depends on nothing that changed is not run again; ARGS=--cold runs all.
# `make test-tools` adds the environments of the tools that some lessons call, and leaves out no section of them.
# `make smoke` shows in two minutes that the course works here.
# `make test-seeds` tries the claims of every lesson and case study under ten other seeds; it takes hours.
# `make test-often N=20 ARGS=tests/deploy` runs tests 20 times on a busy machine.
# `make site` makes pages of the course, with the results of each notebook's last run, in the folder `pages`.
# The first Python that works and is new enough makes .venv (for root one that others may run); PYTHON=... names another.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 \
	&& { echo $$p; exit; }; done; echo python3)
NAMED := $(if $(filter file,$(origin PYTHON)),,--this-python)
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: lab test test-tools test-often test-seeds smoke check site lock lock-tools setup tools
lab: setup ; @$(BIN)/mlsd lab $(ARGS)
test: setup ; @$(BIN)/mlsd test $(ARGS)
test-tools: setup tools ; @$(BIN)/mlsd test --tools $(ARGS)
test-often: setup ; @$(BIN)/python -m tests.busy_machine 6 pytest --count $(or $(N),3) --repeat-scope session \
	--force -n 2 --dist loadscope --no-loadscope-reorder --tb short -q $(ARGS)
test-seeds: setup ; @$(BIN)/mlsd check --seeds 10 chapters case_studies $(ARGS)
smoke: setup ; @$(BIN)/mlsd smoke $(ARGS)
check: setup ; @$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/mlsd notebooks --check
site: setup ; @$(PYTHON) bootstrap.py --site $(NAMED) && $(BIN)/mlsd site $(ARGS)
setup: ; @$(PYTHON) bootstrap.py $(NAMED)
tools: ; @$(PYTHON) bootstrap.py --tools $(NAMED)

# Needs uv. torch is left out: its builds differ by machine, and its range stands in pyproject.toml.
lock:
	@echo "# Tested together on Python 3.11; made by \`make lock\`. torch is left out: its range stands in pyproject.toml." > constraints.new
	@uv pip compile pyproject.toml --all-extras --universal --no-emit-package torch --no-header --no-annotate --quiet > constraints.all
	@grep --invert-match --extended-regexp '^(nvidia-|cuda-|triton|#)' constraints.all >> constraints.new
	@mv constraints.new constraints.txt && rm constraints.all

# One file an environment; a tool that needs another version of a package than its neighbour gets one of its own.
lock-tools:
	@for name in tools airflow pandas2 generative site; do \
		echo "# Tested together on Python 3.11; made by \`make lock-tools\`. torch is left out: its builds differ by machine." > $$name.new; \
		uv pip compile environments/$$name/requirements.txt --universal --no-emit-package torch --no-header --no-annotate --quiet > $$name.all || exit 1; \
		grep --invert-match --extended-regexp '^(nvidia-|cuda-|triton|#)' $$name.all >> $$name.new; \
		mv $$name.new environments/$$name/constraints.txt && rm $$name.all; \
	done
