"""A real API server and pydantic give the same verdict on every document, and a rule's refusal says what to do."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError

from cluster.api_server import ApiServer
from penstock_operator.api.rules import deployment, kafka, model, pods
from penstock_operator.api.rules.rule import Rule
from penstock_operator.api.v1alpha1 import ModelDeployment
from support.api_connection import Answer, ApiConnection
from support.custom_resources import served
from support.custom_resources.documents import Document, with_spec
from support.custom_resources.grafts import grafted_documents
from support.custom_resources.mutations import mutated
from support.custom_resources.rule_examples import RuleExample, rule_examples
from support.custom_resources.strategies import valid_documents

pytestmark = pytest.mark.cluster

EXAMPLES = [pytest.param(example, id=f"{example.rule}-{example.path}") for example in rule_examples()]
MESSAGES = {
    rule.name: rule.message
    for module in (deployment, kafka, model, pods)
    for rule in vars(module).values()
    if isinstance(rule, Rule)
}


@pytest.fixture(scope="module")
def api(api_server: ApiServer) -> Iterator[ApiConnection]:
    with ApiConnection.of(api_server.kubeconfig) as connection:
        served.install(connection)
        yield connection


def causes(answer: Answer) -> list[tuple[str, str]]:
    """Field and text of every refusal."""
    return [(cause.get("field", ""), cause["message"]) for cause in answer.body["details"]["causes"]]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_accepted_example_of_a_rule_is_accepted(api: ApiConnection, example: RuleExample) -> None:
    answer = served.try_out(api, example.accepted)

    assert answer.ok, answer.body["message"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_refused_example_of_a_rule_is_refused_with_its_message_at_its_field(
    api: ApiConnection, example: RuleExample
) -> None:
    ((field, text),) = causes(served.try_out(api, example.refused))

    assert text.endswith(MESSAGES[example.rule])
    # Below `metadata` the API server names no field, so the message says what it is about.
    assert field == ("<nil>" if example.path.startswith("metadata.") else example.path)


def refusal(document: Document) -> str:
    try:
        ModelDeployment.model_validate(document)
    except ValidationError as error:
        return str(error)
    return ""


def assert_one_verdict(api: ApiConnection, document: Document) -> Answer:
    answer, refused = served.try_out(api, document), refusal(document)
    if answer.ok:
        assert refused == "", "accepted by the API server"
    else:
        assert refused != "", f"refused by the API server: {answer.body['message']}"
    return answer


def plain(value: Any) -> Any:
    """Without what is empty, which the models may leave out; numbers as text, which a quantity may be either."""
    if isinstance(value, dict):
        below = {key: plain(entry) for key, entry in value.items()}
        return {key: entry for key, entry in below.items() if entry not in ({}, [])}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


many = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@many
@given(document=valid_documents())
def test_what_is_accepted_gets_the_defaults_of_the_models(api: ApiConnection, document: Document) -> None:
    answer = assert_one_verdict(api, document)

    assert answer.ok, answer.body["message"]
    ours, theirs = ModelDeployment.model_validate(document), ModelDeployment.model_validate(answer.body)
    assert theirs.spec == ours.spec
    assert plain(answer.body["spec"]) == plain(ours.spec.model_dump(mode="json", by_alias=True, exclude_none=True))


@many
@given(document=grafted_documents())
def test_one_verdict_on_rare_fields(api: ApiConnection, document: Document) -> None:
    assert_one_verdict(api, document)


@many
@given(document=mutated(valid_documents()))
def test_one_verdict_on_documents_with_one_thing_wrong(api: ApiConnection, document: Document) -> None:
    assert_one_verdict(api, document)


@many
@given(document=mutated(grafted_documents()))
def test_one_verdict_on_rare_fields_with_one_thing_wrong(api: ApiConnection, document: Document) -> None:
    assert_one_verdict(api, document)


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"paussed": True}, "spec.paussed"),
        ({"kafka": {"topics": {"outptu": "scored"}}}, "spec.kafka.topics.outptu"),
        ({"model": {"env": [{"name": "A", "valeu": "1"}]}}, "spec.model.env[0].valeu"),
        ({"kafka": {"consumerConfig": {"ssl.ca.location": "/x"}}}, "spec.kafka.consumerConfig.ssl.ca.location"),
        ({"model": {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]}}, "spec.model.volumes[0].hostPath"),
    ],
)
def test_a_misspelt_field_is_refused_by_name(api: ApiConnection, patch: Document, field: str) -> None:
    answer = served.try_out(api, with_spec(patch))

    assert not answer.ok
    assert f'unknown field "{field}"' in answer.body["message"]
