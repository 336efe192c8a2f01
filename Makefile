# airflow-provider-mode: `make demo` shows it working, `make test` proves it. Both make their own environment
# in .venv and write nothing outside this checkout.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN = $(VENV)/bin
LOCK ?= requirements.lock
UV = $(BIN)/uv
READY = $(VENV)/.ready
# What never hears of Airflow is tested once, on the main line; the docs are of that line.
ONLY_ONCE = --ignore=tests/client --ignore=tests/governance --ignore=tests/sandbox --ignore=tests/browser --ignore=tests/hostile --ignore=tests/test_lanes.py --ignore=tests/docs
# What is killed hundreds of times covers nothing in the process that counts, and has a process of its own.
KILLS = tests/governance/test_crash.py
TESTS = --ignore=tests/e2e --ignore=tests/strangers --ignore=$(KILLS)
# Without a redis-server its tests are skipped, and what they cover cannot be held.
OMIT = $(if $(shell command -v redis-server),,--omit='airflow_provider_mode/client/pacing/redis.py')
SRC = airflow_provider_mode tests dags_examples bench .ci docs/conf.py
export PYTHONPYCACHEPREFIX = $(CURDIR)/build/pycache
unexport PYTHONDONTWRITEBYTECODE
export UV_CACHE_DIR ?= $(CURDIR)/build/uv-cache
export PIP_NO_CACHE_DIR = 1

.PHONY: help environments versions demo airflow docs test lint types contracts unit test-2.11 e2e strangers bench bench-triggers mutation package wheel-test audit lock clean

help: ## what can be made
	@grep -hE '^[a-zA-Z0-9._-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml $(LOCK)
	@echo "==> environment in $(VENV) ($$($(PYTHON) --version), from $(LOCK); first time about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $(LOCK)
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

environments: $(READY) ## the environments of the tests: the main one, Airflow 2.11, end to end
	@$(MAKE) --no-print-directory VENV=.venv-2.11 LOCK=.ci/requirements-2.11.lock .venv-2.11/.ready
	@$(MAKE) --no-print-directory VENV=.venv-e2e LOCK=.ci/requirements-e2e.lock .venv-e2e/.ready

demo: $(READY) ## sweep a sandbox workspace of 2,000 reports with a real Airflow, at Mode's rate limit (about four minutes)
	@$(BIN)/python bench/demo.py

airflow: $(READY) ## an Airflow to click through, with the examples and a sandbox workspace; Ctrl-C ends it
	@$(BIN)/python bench/standalone.py

test: $(READY) lint types contracts docs unit ## lint, types, import contracts, docs, tests

docs: $(READY) ## the documentation, into build/docs/html; a warning or a reference that leads nowhere fails
	@echo "==> docs"
	@$(BIN)/sphinx-build -q -W -n -b html -d build/docs/doctrees docs build/docs/html

lint: $(READY) ## ruff: rules and format
	@echo "==> lint"
	@$(BIN)/ruff check --quiet $(SRC)
	@$(BIN)/ruff format --quiet --check $(SRC)

types: $(READY) ## mypy, strict
	@echo "==> types"
	@$(BIN)/mypy --no-error-summary

contracts: $(READY) ## import-linter: who may import whom
	@echo "==> import contracts"
	@$(BIN)/lint-imports --no-cache > build/contracts.log 2>&1 || { cat build/contracts.log; exit 1; }

unit: $(READY) ## the tests, with branch coverage of client, governance and sandbox held at 100 %
	@echo "==> tests, and beside them $(KILLS)"
	@$(BIN)/coverage erase
	@mkdir -p build
	@$(BIN)/python -m pytest -q $(KILLS) >build/kills.log 2>&1 & kills=$$!; \
	  $(BIN)/coverage run -m pytest -q $(TESTS); status=$$?; \
	  wait $$kills || { cat build/kills.log; exit 1; }; tail -n 1 build/kills.log; exit $$status
	@$(BIN)/coverage combine -q 2>/dev/null || true
	@$(BIN)/coverage report $(OMIT) --include='airflow_provider_mode/client/*,airflow_provider_mode/governance/*,airflow_provider_mode/sandbox/*' --fail-under=100

e2e: ## real Airflows, executors, databases and a browser, in an environment of their own (about ten minutes)
	@$(MAKE) --no-print-directory VENV=.venv-e2e LOCK=.ci/requirements-e2e.lock .venv-e2e/.ready
	@echo "==> end-to-end tests"
	@.venv-e2e/bin/python -m pytest -q tests/e2e

test-2.11: ## the same tests on Airflow 2.11, in an environment of its own
	@$(MAKE) --no-print-directory VENV=.venv-2.11 LOCK=.ci/requirements-2.11.lock .venv-2.11/.ready
	@echo "==> tests on Airflow 2.11"
	@.venv-2.11/bin/python -m pytest -q --ignore=tests/e2e --ignore=tests/strangers $(ONLY_ONCE)

versions: $(READY) ## the tests on lowest and newest versions of what is needed and on Pythons 3.12 and 3.13 (half an hour)
	@$(BIN)/python .ci/versions.py

strangers: ## the sandbox under clients that others wrote and under a fuzzer, in an environment of its own
	@$(MAKE) --no-print-directory VENV=.venv-strangers LOCK=.ci/requirements-strangers.lock .venv-strangers/.ready
	@echo "==> strangers on the sandbox"
	@.venv-strangers/bin/python -m pytest -q tests/strangers

bench: ## this package beside mode-sdk and a plain loop, against the sandbox (about half an hour)
	@$(MAKE) --no-print-directory VENV=.venv-bench LOCK=.ci/requirements-bench.lock .venv-bench/.ready
	@.venv-bench/bin/python -m bench.compare

bench-triggers: ## five hundred triggers in one triggerer, in the environment of `make e2e` (about a quarter of an hour)
	@$(MAKE) --no-print-directory VENV=.venv-e2e LOCK=.ci/requirements-e2e.lock .venv-e2e/.ready
	@.venv-e2e/bin/python -m bench.triggers

mutation: ## changed lines that the tests must notice, in a copy of the checkout (hours); docs/mutation.md tells
	@$(MAKE) --no-print-directory VENV=.venv-mutation LOCK=.ci/requirements-mutation.lock .venv-mutation/.ready
	@echo "==> mutation testing"
	@nice -n 19 .venv-mutation/bin/python bench/mutation.py

package: ## wheel and sdist into dist: built twice, compared byte by byte, and checked
	@$(MAKE) --no-print-directory VENV=.venv-release LOCK=.ci/requirements-release.lock .venv-release/.ready
	@echo "==> package"
	@.venv-release/bin/python .ci/package.py build

wheel-test: package ## the wheel, alone with what it needs, runs an example DAG on a sandbox
	@echo "==> wheel"
	@.venv-release/bin/python .ci/package.py try

audit: ## known weaknesses of what the lock files name, as the Python advisory database tells
	@$(MAKE) --no-print-directory VENV=.venv-release LOCK=.ci/requirements-release.lock .venv-release/.ready
	@echo "==> audit"
	@for lock in requirements.lock .ci/requirements-*.lock; do echo "$$lock"; .venv-release/bin/pip-audit --strict --progress-spinner off --require-hashes --disable-pip -r $$lock || exit 1; done

lock: $(READY) ## renew the lock files
	@$(UV) pip compile -q pyproject.toml --group dev --group docs --generate-hashes --python-version 3.11 --no-header --no-annotate --upgrade -o requirements.lock
	@$(UV) pip compile -q pyproject.toml --group e2e --generate-hashes --python-version 3.11 --no-header --no-annotate --upgrade -c requirements.lock -o .ci/requirements-e2e.lock
	@echo 'apache-airflow<3' | $(UV) pip compile -q pyproject.toml --group dev --generate-hashes --python-version 3.11 --no-header --no-annotate --upgrade -c - -o .ci/requirements-2.11.lock
	@$(UV) pip compile -q --group pyproject.toml:strangers --generate-hashes --python-version 3.11 --no-header --no-annotate --upgrade -o .ci/requirements-strangers.lock
	@$(UV) pip compile -q --group pyproject.toml:bench --generate-hashes --python-version 3.11 --no-header --no-annotate --upgrade -o .ci/requirements-bench.lock
	@$(UV) pip compile -q --group pyproject.toml:mutation --generate-hashes --python-version 3.11 --no-header --no-annotate --upgrade -o .ci/requirements-mutation.lock
	@$(UV) pip compile -q --group pyproject.toml:release --generate-hashes --python-version 3.11 --no-header --no-annotate --upgrade -o .ci/requirements-release.lock

clean: ## remove what was made here
	rm -rf .venv .venv-2.11 .venv-e2e .venv-strangers .venv-bench .venv-mutation .venv-release build dist .coverage .coverage.* .mypy_cache .ruff_cache .import_linter_cache .hypothesis
