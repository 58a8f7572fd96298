# Every target stands on its own: it makes .venv first, when that is missing or older than the dependencies in pyproject.toml.
# A machine needs python3, make and git; what else is missing is fetched or asked for by name.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo test lint bench bench-forecast docs wheel tarball image clean bootstrap
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

demo: bootstrap ## an embedded cluster with broken storage, and what the five workflows say about it
	@$(BIN)/python -m robusta_volumes._sandbox.demo

test: bootstrap ## all tests, the browser and the real runner among them
	@$(PYTHON) tools/system_packages.py
	@PATH="$(CURDIR)/.tools/bin:$$PATH" $(BIN)/python -m pytest -n 2 --dist loadfile

lint: bootstrap ## style, types and who may import whom
	@$(BIN)/python tools/lint.py

bench: bootstrap ## the figures in docs/ again, on this machine
	@$(BIN)/python tools/bench.py

bench-forecast: bootstrap ## how good dates of full are, beside what others do
	@$(BIN)/python benchmarks/forecast_quality.py

docs: bootstrap ## write docs/reference and the package's copies of playbooks and values again
	@$(BIN)/python -m robusta_volumes._cli.reference

wheel: bootstrap ## dist/*.whl, the same bytes for the same commit
	@$(BIN)/python tools/package.py wheel

tarball: bootstrap ## dist/*.tar.gz, which a runner or robusta-cli can take
	@$(BIN)/python tools/package.py tarball

image: bootstrap ## the Robusta runner with our wheel in it (wants docker, podman or buildah)
	@$(BIN)/python tools/package.py image

clean: ## remove everything that the other targets made
	@rm -rf .venv .tools build dist demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find actions tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

bootstrap:
	@$(PYTHON) tools/bootstrap.py
