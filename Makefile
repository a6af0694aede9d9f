# Every command of the project. A fresh machine needs Python 3.11 and make, nothing else.
SHELL := /bin/bash
PYTHON ?= python3
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
BIN := $(VENV)/bin

.PHONY: help run install install-dev lock check format test runtime e2e bench spec vendor docs openapi

help: ## Show this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/.installed: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

install: $(VENV)/.installed ## Make the virtual environment
install-dev: $(VENV)/.installed-dev ## The same, with the tools for development

run: install ## Start the portal: web server and worker, until Ctrl-C
	@exec $(BIN)/python manage.py portal --host $(HOST) --port $(PORT)

lock: ## Pin requirements*.in to exact versions with hashes (needs uv)
	uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 requirements.in -o requirements.txt
	uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 requirements-dev.in -o requirements-dev.txt

format: install-dev ## Format and mend what can be mended
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format --quiet .
	@git ls-files 'templates/*.html' | xargs $(BIN)/djade --target-version 5.2

check: install-dev ## Lint, templates, types, layering, migrations, production settings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@git ls-files 'templates/*.html' | xargs $(BIN)/djade --target-version 5.2 --check
	$(BIN)/mypy .
	$(BIN)/mypy --config-file runtime/pyproject.toml runtime/ops_runtime
	$(BIN)/lint-imports
	DJANGO_SETTINGS_MODULE=opsportal.settings.test $(BIN)/python manage.py makemigrations --check --dry-run
	OPSPORTAL_SECRET_KEY=$$(head -c 60 /dev/urandom | base64 -w 0) OPS_INTERNAL_TOKEN=$$(head -c 30 /dev/urandom | base64) \
	  DJANGO_SETTINGS_MODULE=opsportal.settings.prod $(BIN)/python manage.py check --deploy --fail-level WARNING

docs: openapi ## Write the pages that are drawn from code: docs/openapi.yaml, api, roles, roster, kinds, variables
	DJANGO_SETTINGS_MODULE=opsportal.settings.test $(BIN)/python manage.py roles > docs/roles.md
	DJANGO_SETTINGS_MODULE=opsportal.settings.test $(BIN)/python manage.py roster > docs/agents-roster.md
	DJANGO_SETTINGS_MODULE=opsportal.settings.test $(BIN)/python manage.py environment > docs/environment.md
	DJANGO_SETTINGS_MODULE=opsportal.settings.test $(BIN)/python manage.py api_page
	DJANGO_SETTINGS_MODULE=opsportal.settings.test $(BIN)/python manage.py registry_publish

openapi: install-dev ## Write docs/openapi.yaml alone
	DJANGO_SETTINGS_MODULE=opsportal.settings.test $(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

test: install-dev ## The suite, on SQLite or on DATABASE_URL
	$(BIN)/python -m pytest -q -m "not e2e"

runtime: install-dev ## The tests of the program on the machine, which needs nothing of the portal
	$(BIN)/python -m pytest -q -c runtime/pyproject.toml runtime/tests

e2e: install-dev ## The browser tests
	$(BIN)/python -m pytest -q tests/e2e -m e2e

bench: install-dev ## The benchmarks: a table, and var/bench/<suite>.json (SUITES="tick inbox" for some)
	$(BIN)/python -m bench $(SUITES)

spec: install-dev ## One line per id of the feature list: which passing tests prove it
	$(BIN)/python -m pytest -q -m "not e2e" --spec-report

vendor: install ## Fetch static/vendor again after a change of vendor.toml (needs npm)
	$(BIN)/python -m opsportal.portal.vendoring
