# Every target sets up what it needs; a fresh machine runs `make test` and nothing before it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml requirements/bootstrap.lock requirements/dev.lock
	python3 -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements/bootstrap.lock
	$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements/bootstrap.lock requirements/dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

setup: $(READY) ## Make the virtual environment from the lock files

lock: $(READY) ## Resolve the dependencies anew into requirements/
	scripts/lock.sh

check: lint types imports verify unit ## The fast loop: lint, types, imports, unit and property tests

lint: $(READY) ## Style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(READY) ## Mend style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(READY) ## Types, strict
	$(BIN)/mypy

imports: $(READY) ## Layers and purity
	$(BIN)/lint-imports

unit: $(READY) ## Tests without Kafka and without a cluster
	$(BIN)/pytest -q tests/unit tests/properties tests/golden tests/contract tests/chaos -m "not kafka and not cluster"

generate: $(READY) ## Write the generated reference pages and the CRD anew
	$(BIN)/python scripts/generate_docs.py
	$(BIN)/python scripts/generate_crd.py

verify: $(READY) ## Fail where a generated page or the CRD is stale
	$(BIN)/python scripts/generate_docs.py --check
	$(BIN)/python scripts/generate_crd.py --check

golden-update: $(READY) ## Accept what is rendered now as golden; read the diff
	PENSTOCK_UPDATE_GOLDEN=1 $(BIN)/pytest -q tests/golden

demo: $(READY) ## A scikit-learn model on three topics, on this machine: real records, nothing lost
	PATH="$(CURDIR)/$(BIN):$$PATH" examples/01-local-sklearn/demo.sh

test: lint types imports verify ## Everything: the fast loop, a real Kafka, the demo, the ledger's mutants
	$(BIN)/pytest -q

cluster: $(READY) ## A real Kubernetes node with KEDA on this machine, as root; prints its KUBECONFIG
	PYTHONPATH=tests $(BIN)/python -m cluster up

cluster-down: $(READY) ## End it
	PYTHONPATH=tests $(BIN)/python -m cluster down

images: $(READY) ## Build the images with buildah, into the cluster if it is up
	PYTHONPATH=tests $(BIN)/python -m cluster images

chaos: $(READY) ## The chaos ledger: records accounted for while things break (build/chaos.json)
	PYTHONPATH=tests $(BIN)/python -m chaos $(ARGS)

bench: $(READY) ## This worker beside a plain bridge and the floor (build/bench.json)
	PYTHONPATH=tests $(BIN)/python -m bench $(ARGS)

scale-bench: $(READY) ## The operator over 1,000 ModelDeployments on a real API server (build/scale.json)
	PYTHONPATH=tests $(BIN)/python -m scale $(ARGS)

soak: $(READY) ## Ten minutes of full rate: does memory grow?
	PYTHONPATH=tests $(BIN)/python -m bench soak

.PHONY: help setup lock check lint format types imports unit generate verify golden-update demo test cluster cluster-down images chaos bench soak
