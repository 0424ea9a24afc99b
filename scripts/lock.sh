#!/usr/bin/env bash
# Resolves pyproject.toml into hashed lock files: one for developers, one for each image.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { .venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header "$@"; }
echo uv | compile --no-annotate - -o requirements/bootstrap.lock
compile pyproject.toml --all-extras --group dev -o requirements/dev.lock
compile pyproject.toml --extra worker -o requirements/worker.lock
compile pyproject.toml --extra operator -o requirements/operator.lock
