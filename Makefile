# Thin names over one script; where make is missing, run the script by hand: python3 readerstudy/launcher/setup.py help
PYTHON ?= python3
LAUNCH = $(PYTHON) readerstudy/launcher/setup.py

.PHONY: help setup demo run test fast lint messages screenshots bench clean

help: ## list everything
	@$(LAUNCH) help
setup: ## only install, into .venv
	@$(LAUNCH) setup
demo: ## set up, make the phantom demo study and serve it at http://127.0.0.1:8000
	@$(LAUNCH) demo
run: ## set up and serve the same site, empty, for real use
	@$(LAUNCH) run
test: ## set up and run every test: lint, types, unit, database, browser, services
	@$(LAUNCH) test
fast: ## the quick tests only
	@$(LAUNCH) fast
lint: ## style, walls and types only
	@$(LAUNCH) lint
messages: ## bring the catalogues of the languages up to date
	@$(LAUNCH) messages
screenshots: ## make the README's pictures from a running demo
	@$(LAUNCH) screenshots
bench: ## print the benchmarks' figures
	@$(LAUNCH) bench
clean: ## remove .venv and caches; the data under var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
