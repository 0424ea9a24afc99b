"""For every legal resource: names that Kubernetes takes whole, and that no other resource gets."""

import re

from hypothesis import given
from hypothesis import strategies as st

from penstock_operator import names
from support.custom_resources.strategies import names as resource_names
from support.custom_resources.strategies import namespaces

DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")

hashes = st.binary(max_size=4).map(lambda content: names.content_hash(content.hex()))
attempts = st.integers(1, names.MAX_ATTEMPT)


def children(name: str, revision: str, attempt: int) -> list[tuple[str, str]]:
    """Kind and name; the kinds that share a namespace of names with another of ours."""
    return [
        ("Deployment", names.worker(name)),
        ("Deployment", names.model(name)),
        ("ConfigMap", names.kafka_config(name, revision)),
        ("ConfigMap", names.worker_config(name, revision)),
        ("TriggerAuthentication", names.trigger_authentication(name, revision)),
        ("Job", names.prepare_job(name, revision, attempt)),
    ]


@given(name=resource_names, revision=hashes, attempt=attempts)
def test_every_child_has_a_name_that_fits_uncut(name: str, revision: str, attempt: int) -> None:
    """63 characters, a Service's and a label's limit, with what KEDA puts before the name of its autoscaler."""
    for _, child in children(name, revision, attempt):
        assert DNS_LABEL.fullmatch(child), child
        assert len(child) <= 63, child
    assert len(f"keda-hpa-{names.worker(name)}") <= 63


@given(
    one=resource_names,
    suffix=st.sampled_from(["", "-worker", "-model", "-kafka", "-prepare", "-kafka-worker"]),
    revisions=st.tuples(hashes, hashes),
    attempts=st.tuples(attempts, attempts),
)
def test_two_resources_never_give_one_name_to_objects_of_one_kind(
    one: str, suffix: str, revisions: tuple[str, str], attempts: tuple[int, int]
) -> None:
    other = one[: 40 - len(suffix)] + suffix
    if other != one:
        ours, theirs = children(one, revisions[0], attempts[0]), children(other, revisions[1], attempts[1])

        assert set(ours).isdisjoint(theirs)


json_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(one=json_documents, other=json_documents)
def test_equal_content_has_an_equal_hash_and_other_content_another(one: object, other: object) -> None:
    assert (names.content_hash(one) == names.content_hash(other)) == (repr_of(one) == repr_of(other))


def repr_of(content: object) -> object:
    """Equality as JSON has it: True is not 1."""
    if isinstance(content, dict):
        return {key: repr_of(value) for key, value in content.items()}
    if isinstance(content, list):
        return [repr_of(value) for value in content]
    return (type(content).__name__, content)


@given(name=resource_names, namespace=namespaces)
def test_no_two_resources_share_a_consumer_group(name: str, namespace: str) -> None:
    """Neither part can hold the separator."""
    assert names.consumer_group(namespace, name).split(".") == ["model", namespace, name]
