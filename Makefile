PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo run test check fmt bench clean
.DELETE_ON_ERROR:

# Demo material on an embedded database, served with the addresses to open.
demo: export DEBUG = 1
demo: export DJANGO_RUNSERVER_HIDE_WARNING = true
demo: export NEWSROOM_SITE_URL = http://127.0.0.1:$(PORT)
demo: .venv/.installed
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) seed_demo --port $(PORT)
	@$(MANAGE) runserver --noreload 127.0.0.1:$(PORT)

# The development server on the data that is there.
run: export DEBUG ?= 1
run: .venv/.installed
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) runserver 127.0.0.1:$(PORT)

# Everything, on SQLite and on PostgreSQL; ARGS go to pytest.
test: .venv/.installed-dev
	@$(BIN)/python tests/run.py $(ARGS)

# Style, types, import contracts, migrations, and the settings of a deployment.
check: export DEBUG = 0
check: export SECRET_KEY = $(shell od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
check: export DATABASE_URL = sqlite://:memory:
check: export ALLOWED_HOSTS = news.example
check: export NEWSROOM_SITE_URL = https://news.example
check: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	find templates articles -name '*.html' | xargs $(BIN)/djade --target-version 5.2 --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) check --deploy --fail-level WARNING

fmt: .venv/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	find templates articles -name '*.html' | xargs $(BIN)/djade --target-version 5.2

# What things cost on this machine, and whether the site holds together, on databases
# that are thrown away. Of DEBUG only the command itself knows, not what it measures.
bench: export DEBUG = 1
bench: .venv/.installed-dev
	@$(MANAGE) bench $(ARGS)

# What can be made again; the database and the images stay.
clean:
	rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Newsroom needs Python 3.11 or newer, and '$(PYTHON)' is none. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.installed: requirements.txt | .venv/bin/python
	$(INSTALL) -r requirements.txt
	@touch $@

.venv/.installed-dev: requirements-dev.txt requirements-scale.txt requirements-fulltext.txt .venv/.installed
	$(INSTALL) -r requirements-dev.txt
	@touch $@
