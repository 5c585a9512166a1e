# What a person types. Everything happens in .venv and in the data folder, nothing outside.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
CREATORHUB_DATA ?= $(CURDIR)/data
VENV := .venv/bin/
WORKERS ?= 2

export PORT CREATORHUB_DATA
export DJANGO_SETTINGS_MODULE := creatorhub.settings
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# A module found through these would shadow ours.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP

.PHONY: help run setup dev worker demo test lint fix bench lock audit clean
.DEFAULT_GOAL := help

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | awk -F'|' '{printf "  make %-8s %s\n", $$1, $$2}'

run: setup ## Run everything at http://localhost:8000, with a demo on the first start
	@DEBUG=1 exec $(VENV)python manage.py up

# The copy in .venv says what is installed, so an unchanged list costs nothing.
setup: .venv/bin/pip ## Install what the product needs into .venv
	@cmp -s requirements.txt .venv/requirements.txt || { \
		echo "Installing what CreatorHub needs; later starts skip this." && \
		$(VENV)python -m pip install -qq --require-hashes -r requirements.txt && \
		cp requirements.txt .venv/requirements.txt; }

dev: setup ## Install the tools for tests and checks as well
	@cmp -s requirements-dev.txt .venv/requirements-dev.txt || { \
		echo "Installing the tools for tests and checks." && \
		$(VENV)python -m pip install -qq --require-hashes \
			-r requirements.txt -r requirements-dev.txt && \
		cp requirements-dev.txt .venv/requirements-dev.txt; }

.venv/bin/pip:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "CreatorHub needs Python 3.11 or newer. Name one: make PYTHON=/path/to/python"; exit 1; }
	@"$(PYTHON)" -m venv .venv

worker: setup ## Run one worker for every queue
	@DEBUG=1 exec $(VENV)celery --app creatorhub worker --queues render,ingest,control

demo: setup ## Make the demo: alice and her 500 videos, bob, a member of staff
	@DEBUG=1 $(VENV)python manage.py migrate --verbosity 0
	@DEBUG=1 $(VENV)python manage.py demo

# PYTEST_ARGS come last: an -m in them takes the place of this one.
test: dev ## Run the tests on SQLite, or on $DATABASE_URL and $REDIS_URL; SLOW=1: also the slow ones
	@$(VENV)pytest --numprocesses $(WORKERS) $(if $(SLOW),,-m "not slow") $(PYTEST_ARGS)

lint: dev ## Check style, types, layers, templates and migrations
	$(VENV)ruff check .
	$(VENV)ruff format --check .
	$(VENV)mypy
	$(VENV)lint-imports --no-logo
	$(VENV)djlint --lint --quiet templates
	$(VENV)django-upgrade --target-version 5.2 --check $$(git ls-files '*.py')
	DEBUG=1 $(VENV)python manage.py makemigrations --check --dry-run
	SECRET_KEY=$$($(VENV)python -c 'import secrets; print(secrets.token_urlsafe(64))') DEBUG=0 \
		$(VENV)python manage.py check --deploy --fail-level WARNING

fix: dev ## Put right what the tools can put right themselves
	@$(VENV)ruff check --fix . ; $(VENV)ruff format .

bench: dev ## Measure what the promises cost, against the naive way
	@$(VENV)python benchmarks/run.py

lock: dev ## Pin requirements.in and requirements-dev.in anew, with hashes
	@$(VENV)uv pip compile --quiet --universal --generate-hashes --no-strip-extras --no-emit-index-url \
		--no-emit-find-links --no-annotate --custom-compile-command "make lock" --upgrade \
		--python-version 3.11 requirements.in --output-file requirements.txt
	@$(VENV)uv pip compile --quiet --universal --generate-hashes --no-strip-extras --no-emit-index-url \
		--no-emit-find-links --no-annotate --custom-compile-command "make lock" --upgrade \
		--python-version 3.11 requirements-dev.in --output-file requirements-dev.txt

# CVE-2025-50817 is in `future`, which ffmpeg-python brings; see NOTICE for why it cannot bite.
audit: dev ## Ask the advisory service about known holes in what is pinned
	@$(VENV)pip-audit --strict --require-hashes --disable-pip -r requirements.txt \
		--ignore-vuln CVE-2025-50817

clean: ## Remove caches; data and .venv stay
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
