# Needs make and Python 3.11 or newer; everything else is fetched into .venv, once.
VENV ?= .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
ARGS ?=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo run test bench bench-delivery bench-webhooks chaos fuzz lint format requirements clean

help: ## This list
	@echo "Ovii. Needs Python 3.11+ and make; the rest is fetched into $(VENV)."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(RUNTIME) ## The whole way on this machine: codes, money, messages read; under a minute, leaves nothing running
	@$(PY) manage.py demo

run: $(RUNTIME) ## Everything on this machine until Ctrl-C, opens the sandbox (PORT=8000 SANDBOX_PORT=8100 OPEN=no)
	@$(PY) manage.py run

test: $(DEV) ## The test suite on SQLite (ARGS="-k name" passes options to pytest)
	@DATABASE_URL= DATABASE_ENGINE=sqlite DATABASE_NAME=:memory: $(PY) -m pytest -q -n auto $(ARGS)

bench: $(RUNTIME) ## How much the sandbox takes and delivers, on one core (see bench/README.md)
	@$(PY) -m bench.sandbox_accept
	@$(PY) -m bench.sandbox_statuses

bench-delivery: $(RUNTIME) ## How fast messages leave, over a naive worker; needs PostgreSQL and Redis (see bench/README.md)
	@$(PY) -m bench.delivery $(ARGS)
	@$(PY) -m bench.delivery_statements $(ARGS)

chaos: $(RUNTIME) ## Kill everything while messages go out; judge by Meta's side (ARGS="--messages 10000 --seed 7")
	@DEBUG=true $(PY) -W ignore manage.py chaos $(ARGS)

bench-webhooks: $(RUNTIME) ## How fast webhooks are taken and folded; needs PostgreSQL, Redis and wrk (see bench/README.md)
	@$(PY) -m bench.webhooks $(ARGS)
	@$(PY) -m bench.webhook_drain $(ARGS)

fuzz: $(DEV) ## Bytes and changed payloads of any kind to the webhook and the drain (FUZZ=5000 examples)
	@DATABASE_URL= DATABASE_ENGINE=sqlite DATABASE_NAME=:memory: WEBHOOK_FUZZ_EXAMPLES=$(or $(FUZZ),5000) \
		$(PY) -m pytest -q integrations/tests/test_webhook_garbage.py $(ARGS)

lint: $(DEV) ## Style, types, layers, migrations
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy .
	@$(VENV)/bin/lint-imports --no-cache
	@DEBUG=true $(PY) -W ignore manage.py makemigrations --check --dry-run

format: $(DEV) ## Let ruff fix and format what it can
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

requirements: $(DEV) ## Compile requirements*.txt from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "uv is missing: pip install uv" >&2; exit 1; }
	@UV_CUSTOM_COMPILE_COMMAND="make requirements" uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.txt
	@UV_CUSTOM_COMPILE_COMMAND="make requirements" uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --constraint requirements.txt \
		pyproject.toml --group dev -o requirements-dev.txt

clean: ## Remove .venv, caches and the demo's files; the database of `make run` stays
	@rm -rf $(VENV) var/demo var/ci .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): requirements.txt | $(PY)
	@echo "Installing what Ovii needs into $(VENV) (once) ..."
	@$(PIP) install -qq --require-hashes -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt requirements.txt | $(PY)
	@echo "Installing what Ovii and its tests need into $(VENV) (once) ..."
	@$(PIP) install -qq --require-hashes -r requirements-dev.txt
	@touch $(RUNTIME) $@

# python3 if it is a version that the pinned dependencies were tried on, else a later or earlier one by name.
$(PY):
	@tried() { "$$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }; \
	newer() { "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }; \
	for python in python3 python3.13 python3.12 python3.11; do tried $$python && break; python=; done; \
	if [ -z "$$python" ] && newer python3; then python=python3; fi; \
	if [ -z "$$python" ]; then \
		found=$$(python3 --version 2>/dev/null || echo "no python3"); \
		echo "Ovii needs Python 3.11 or newer; this machine has $$found." >&2; \
		echo "On Debian 12, Ubuntu 24.04 and later: apt install python3 python3-venv" >&2; exit 1; fi; \
	version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	if ! $$python -c 'import venv, ensurepip' 2>/dev/null; then \
		echo "Python $$version is here, but its venv module is not." >&2; \
		echo "On Debian and Ubuntu: apt install python$$version-venv    (then make again)" >&2; exit 1; fi; \
	echo "Making $(VENV) with Python $$version ..."; \
	$$python -m venv $(VENV) || { rm -rf $(VENV); \
		echo "python$$version -m venv failed. On Debian and Ubuntu: apt install python$$version-venv" >&2; exit 1; }
