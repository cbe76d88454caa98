.PHONY: help setup demo test test-browser check bench fuzz fuzz-rest sim-selftest recovery-drill
.DEFAULT_GOAL := help

help: ## List what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile

setup: ## Make .venv with the pinned packages and the programs
	@scripts/setup

demo: setup ## Pay across a small network of real programs on this machine
	@.venv/bin/offset demo

test: setup ## Run the tests
	@scripts/test

test-browser: setup ## Run the tests of the wallet's page in Chromium
	@scripts/test-browser

check: setup ## Lint, formats, types, import rules, house rules
	@scripts/check

sim-selftest: setup ## Break rules on purpose, and see that the simulator notices each
	@.venv/bin/python scripts/sim_selftest.py

bench: setup ## Run the benchmarks
	@scripts/bench

recovery-drill: setup ## Lose databases, keys and copies of real programs, and get them back: in under two minutes
	@.venv/bin/python drill/run.py

fuzz: setup ## Feed hostile bytes to everything that reads bytes of others, for 10 minutes
	@scripts/fuzz

fuzz-rest: setup ## Ask a wallet for everything its OpenAPI document says, and for what it does not
	@scripts/fuzz_rest
