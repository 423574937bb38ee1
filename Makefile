# The words of this project; `sh setup.sh WORD` runs them on a machine that has nothing yet.

bin := .venv/bin
python := $(bin)/python
sources := linkback service workers config commands tests bench docs

.DEFAULT_GOAL := help
.PHONY: help demo serve test lint types unit show format bench lock screenshots

help: ## say which words there are
	@awk -F ':.*## ' '/^[a-z]+:.*##/ {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## three blogs that ping each other, to look at
	$(bin)/linkback demo

serve: ## the service, with the settings of linkback.toml
	$(bin)/linkback serve --config linkback.toml

test: lint types unit show ## everything that must pass

lint: ## style and mistakes that ruff finds
	$(bin)/ruff check $(sources)
	$(bin)/ruff format --check $(sources)

types: ## types, strictly
	$(bin)/mypy

unit: ## the tests
	$(python) -m pytest --numprocesses 2

show: ## the demo, once, as a test
	$(bin)/linkback demo --once

format: ## lay the code out
	$(bin)/ruff check --fix $(sources)
	$(bin)/ruff format $(sources)

bench: ## the benchmarks; each prints a ratio
	$(python) -m bench.receive

lock: ## write the lock files anew; what is in both has one version
	$(compile) --upgrade --group dev --output-file requirements-dev.lock
	$(compile) --upgrade --constraint requirements-dev.lock --output-file requirements.lock

compile := $(bin)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --group build \
	--generate-hashes --no-annotate --custom-compile-command 'make lock'

screenshots: ## the pictures of the documentation
	$(python) -m docs.screenshots
