"""Rules in two languages: here the Python verdicts, from the same table that a real API server is asked with."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from penstock_operator.api.base import ApiModel
from penstock_operator.api.rules import deployment, kafka, model, pods
from penstock_operator.api.rules.rule import Rule
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.files.suggestions import format_path
from support.custom_resources.rule_examples import RuleExample, rule_examples

MODULES = (deployment, kafka, model, pods)
EXAMPLES = [pytest.param(example, id=f"{example.rule}-{example.path}") for example in rule_examples()]


def refusals(document: dict[str, Any]) -> list[tuple[str, str]]:
    try:
        ModelDeployment.model_validate(document)
    except ValidationError as error:
        return [(found["ctx"]["rule"], format_path(found["loc"])) for found in error.errors()]
    return []


def rules_in(module: ModuleType) -> list[Rule[Any]]:
    return [value for value in vars(module).values() if isinstance(value, Rule)]


def rules_on(annotation: Any) -> Iterator[Rule[Any]]:
    if isinstance(annotation, type) and issubclass(annotation, ApiModel):
        yield from annotation.rules
        for field in annotation.model_fields.values():
            yield from rules_on(field.annotation)
    for part in get_args(annotation):
        yield from rules_on(part)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_accepted_example_breaks_no_rule(example: RuleExample) -> None:
    assert refusals(example.accepted) == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_refused_example_breaks_its_own_rule_alone_at_the_field_it_names(example: RuleExample) -> None:
    assert refusals(example.refused) == [(example.rule, example.path)]


def test_every_rule_that_is_written_is_kept_by_some_object_of_the_resource_and_has_an_example() -> None:
    written = {rule.name for module in MODULES for rule in rules_in(module)}

    assert {rule.name for rule in rules_on(ModelDeployment)} == written
    assert {example.rule for example in rule_examples()} == written


def test_no_two_rules_share_a_name() -> None:
    names = [rule.name for module in MODULES for rule in rules_in(module)]

    assert sorted(names) == sorted(set(names))


def test_messages_fit_in_one_line_on_the_api_server() -> None:
    """Kubernetes allows 2048 characters and no line break."""
    for module in MODULES:
        for rule in rules_in(module):
            assert len(rule.message) < 300, rule.name
            assert "\n" not in rule.message + rule.cel, rule.name


def test_a_rule_about_metadata_has_no_field_path_since_the_api_server_knows_no_fields_there() -> None:
    assert "fieldPath" not in deployment.NAME_LEAVES_ROOM.validation
    assert kafka.OUTPUT_DIFFERS_FROM_INPUT.validation["fieldPath"] == ".output"
