# Zeren: `make run` starts it, `make test` proves it, `make help` lists the rest.

DATA ?= .zeren
PORT ?= 8400
PYTHON ?=
ARGS ?=
WORKERS ?= 3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test check explore chaos format rules lock clean

help: ## this list
	@echo "make run [PORT=8400] [DATA=.zeren]   启动 / start"
	@echo
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name words; do printf 'make %-8s %s\n' "$$name" "$$words"; done

run: export ZEREN_RUN_DATA := $(DATA)
run: export ZEREN_RUN_PORT := $(PORT)
run: .venv/.stamp ## start everything on this machine; Ctrl-C stops it (PORT=, DATA=)
	@exec $(BIN)/zeren up --data "$$ZEREN_RUN_DATA" --port "$$ZEREN_RUN_PORT"

test: .venv/.stamp ## every test, on real servers (ARGS="-k name" for some of them, WORKERS=0 in one process)
	@$(BIN)/python .ci/pytest_verdict.py -q -n $(WORKERS) --dist worksteal $(ARGS)

check: .venv/.stamp ## format, lint, types, who may import whom, and the scan of the tree
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@$(BIN)/python .ci/scan.py

explore: .venv/.stamp ## every state that a case can reach by the rules; draws docs/lifecycle.md anew
	@$(BIN)/python -m tests.exploration.explore --write $(ARGS)

chaos: .venv/.stamp ## the crash lab: five seeds of faults, then the machines that are wrong on purpose (ARGS="--seed 7 --small-disk --fake-clock")
	@$(BIN)/python -m tests.chaos --faults 24 --rounds 5 $(ARGS)

format: .venv/.stamp ## format the code and mend what the linter can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

rules: .venv/.stamp ## write docs/rules.md from the rules in the code
	@$(BIN)/python .ci/rules.py

lock: .venv/.stamp ## pin the newest versions that pyproject.toml allows, by hash
	@$(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --upgrade \
	    --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --extra dev \
	    --custom-compile-command "make lock" pyproject.toml --output-file requirements.lock

clean: ## remove what was made here; the data folder stays
	@rm -rf .venv build *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -path ./.git -prune -o -path "./$(DATA)" -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf

.venv/.stamp: requirements.lock pyproject.toml .ci/venv.sh
	@PYTHON="$(PYTHON)" sh .ci/venv.sh
