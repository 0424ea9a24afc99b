#!/bin/sh
# Trains a model, serves it, and sends records through Kafka topics to it and back: the README's steps in one go.
# Usage: demo.sh [FOLDER]        for what it makes, default build; the counts are in FOLDER/demo.json
set -eu

example=$(dirname "$0")
build=${1:-build}
export OMP_NUM_THREADS=1    # one small prediction at a time: threads would only fight over the cores

python "$example/train.py" "$build/demo"
python "$example/records.py" "$build/demo/held-out.json" "$build/demo/records.tsv"

penstock run -f "$example/modeldeployment.yaml" \
    --embedded-kafka \
    --model-command "exec python '$example/serve.py' '$build/demo/model.joblib'" --model-port 0 \
    --input "$build/demo/records.tsv" --until-drained \
    --print --summary "$build/demo.json" > "$build/demo/answers.tsv"

python "$example/accuracy.py" "$build/demo/answers.tsv"
