# What a newcomer types. The work is in scripts/.
.DEFAULT_GOAL := help
.PHONY: help setup build run run-fresh test torture bench client screenshots

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Check the tools this needs; install what is missing (Debian packages only as root)
	@scripts/setup test

build: ## Build the web app and the programs (development profile)
	@scripts/build

run: build ## Start the demo: Cauce, its inbox and a phone to write on. Ctrl-C ends it
	@exec target/debug/cauce demo --data data/demo

run-fresh: build ## The same from an empty data folder
	@rm -rf data/demo
	@exec target/debug/cauce demo --data data/demo

test: ## Run every check and every test; stops at the first failure
	@scripts/test

torture: ## Kill Cauce in ways that nobody tried yet: HOURS=8, or until Ctrl-C
	@scripts/torture

bench: ## Measure what a message costs, beside what else one would write (an hour, and nothing beside it)
	@scripts/bench

client: build ## Generate the web app's typed client again, after the HTTP API changed
	@scripts/client write

screenshots: ## Take the pictures of the README again, from a running demo
	@scripts/screenshots
