"""Whatever a file holds, reading it ends in documents or in a refusal that can be read."""

from contextlib import suppress
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from penstock_operator import defaults
from penstock_operator.api.v1alpha1 import ModelDeployment, ModelDeploymentSpec
from penstock_operator.files.documents import DocumentsRefused, read_documents
from penstock_operator.files.yaml_text import TextRefused, dump_documents, parse_text
from support.custom_resources.documents import Document, first_document, merged
from support.custom_resources.schema_strategies import documents_of
from support.custom_resources.strategies import valid_documents

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def paths(document: Any, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(document, dict):
        return []
    return [path for key, value in document.items() for path in [(*prefix, key), *paths(value, (*prefix, key))]]


@st.composite
def damaged_documents(draw: st.DrawFn) -> Document:
    """A good document with anything at all somewhere in it."""
    document = draw(valid_documents())
    path = draw(st.sampled_from(paths(document)))
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    parent[draw(st.sampled_from([path[-1], "unknown"]))] = draw(anything)
    return document


@given(damaged_documents())
@settings(max_examples=60, deadline=None)
def test_a_damaged_document_is_read_or_refused_in_words(document: Document) -> None:
    try:
        read_documents(dump_documents([document]), file="file.yaml")
    except DocumentsRefused as refused:
        for line in str(refused).splitlines():
            assert line.startswith("file.yaml: ")
            assert "Input should" not in line  # pydantic's own words mean nothing to the writer of a YAML file


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """Nothing else may come out of the parser than the one error that its callers catch."""
    with suppress(TextRefused):
        parse_text(text)


nearly_numbers = st.text(alphabet="0123456789oxbeEyYnN+-._:~=<", min_size=1, max_size=8)


lines = st.text(alphabet="ab :#-|>\t\n\x85", max_size=12)


@given(nearly_numbers | lines | st.text(max_size=8), st.booleans())
@settings(max_examples=200, deadline=None)
def test_text_stays_text_for_readers_of_either_yaml(text: str, short: bool) -> None:
    """YAML 1.1 (PyYAML) and 1.2 (Go, and this reader) take different words for numbers."""
    written = dump_documents([{text: [text]}], short=short)

    assert yaml.safe_load(written) == {text: [text]}
    assert parse_text(written) == [{text: [text]}]


@given(valid_documents())
@settings(max_examples=30, deadline=None)
def test_a_document_survives_yaml(document: Document) -> None:
    (read,) = read_documents(dump_documents([document]), file="file.yaml").model_deployments

    assert read == ModelDeployment.model_validate(document)


@given(documents_of(ModelDeploymentSpec))
@settings(max_examples=60, deadline=None)
def test_what_the_schema_allows_pydantic_refuses_for_a_rule_only(spec: Document) -> None:
    """So the schema on the API server and the check here cannot drift apart but in the rules, which have a test."""
    assert reasons_of_refusal({**first_document(), "spec": spec}) <= {"rule"}


def reasons_of_refusal(document: Document) -> set[str]:
    try:
        ModelDeployment.model_validate(document)
    except ValidationError as error:
        return {found["type"] for found in error.errors()}
    return set()


@given(valid_documents())
@settings(max_examples=30, deadline=None)
def test_derived_values_are_legal_where_they_are_written(document: Document) -> None:
    """In status, in record headers and in Kafka."""
    deployment = ModelDeployment.model_validate(document)
    status = {
        "model": {"name": defaults.model_name(deployment), "version": defaults.model_version(deployment.spec.model)},
        "kafka": {
            "consumerGroup": defaults.consumer_group(deployment.spec.kafka, deployment.metadata, namespace="payments")
        },
    }
    topics = {"error": defaults.error_topic(deployment.spec.kafka.topics)}

    ModelDeployment.model_validate(merged(document, {"status": status, "spec": {"kafka": {"topics": topics}}}))
