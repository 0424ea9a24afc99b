"""ModelDeployments that schema and rules allow: every placement, every way to authenticate, every limit."""

from functools import cache
from typing import Any

from hypothesis import strategies as st

from penstock_operator.api.base import ApiModel
from penstock_operator.api.delivery import Delivery
from penstock_operator.api.kafka import CreateTopics, OAuth, SecretKeyRef, Tls
from penstock_operator.api.kafka_client_config import ConsumerConfig, ProducerConfig
from penstock_operator.api.v1alpha1 import ModelDeployment
from support.custom_resources.documents import Document, first_document
from support.custom_resources.schema_strategies import documents_of

Documents = st.SearchStrategy[Document]
Fields = dict[str, st.SearchStrategy[Any]]

names = st.from_regex(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?", fullmatch=True)
namespaces = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)

_words = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)
_paths = st.builds(str.format, st.sampled_from(["/{}", "/x/{}:predict", "/{}/infer"]), _words)
_ports = st.integers(1024, 8088)


def _fields(optional: Fields | None = None, /, **required: st.SearchStrategy[Any]) -> Documents:
    return st.fixed_dictionaries(dict(required), optional=optional or {})


@cache
def _valid(model: type[ApiModel]) -> Documents:
    """What the rules leave of what the schema allows; for models whose rules refuse little."""

    def holds(document: Document) -> bool:
        try:
            model.model_validate(document)
        except ValueError:
            return False
        return True

    return documents_of(model).filter(holds)


def _user(*mechanisms: str) -> Documents:
    key = documents_of(SecretKeyRef)
    return _fields(mechanism=st.sampled_from(mechanisms), username=key, password=key)


def _authentications() -> Documents:
    tls = _valid(Tls)
    return st.one_of(
        _fields({"tls": tls}),
        _fields({"tls": tls}, sasl=_user("ScramSha256", "ScramSha512")),
        _fields(tls=tls, sasl=_user("Plain")),
        _fields(tls=tls, sasl=_fields(mechanism=st.just("OAuthBearer"), oauth=documents_of(OAuth))),
    )


@st.composite
def _topics(draw: st.DrawFn) -> Document:
    read, written, failed = draw(st.lists(_words, min_size=3, max_size=3, unique=True))
    return {"input": read, "output": written} | draw(st.sampled_from([{}, {"error": failed}, {"error": written}]))


@cache
def _kafka() -> Documents:
    servers = st.lists(_words.map(lambda host: f"{host}:9092"), min_size=1, max_size=3, unique=True)
    optional: Fields = {
        "consumerGroup": _words,
        "startFrom": st.sampled_from(["Latest", "Earliest"]),
        "createTopics": documents_of(CreateTopics),
        "consumerConfig": _valid(ConsumerConfig),
        "producerConfig": documents_of(ProducerConfig),
    }
    return st.builds(
        lambda kafka, authentication: kafka | authentication,
        _fields(optional, bootstrapServers=servers, topics=_topics()),
        _authentications(),
    )


_MODEL: Fields = {"name": _words, "version": _words}
_REST = st.sampled_from(["JSON", "TensorFlow", "Seldon", "OpenInference"])
_GRPC = st.sampled_from(["TensorFlow", "Seldon", "OpenInference"])
_IMAGES = st.sampled_from(["fraud", "registry.example:5000/team/fraud:1.4.2", "fraud@sha256:" + "ab" * 32])


def _probes() -> Documents:
    return _fields({"httpGet": _fields({"path": _paths, "port": _ports})})


@cache
def _models() -> Documents:
    served = {**_MODEL, "placement": st.sampled_from(["Sidecar", "Service"]), "port": _ports}
    origins = _words.map(lambda host: f"https://{host}.example")
    urls = st.builds(lambda origin, path: origin + path, origins, st.just("") | _paths)
    return st.one_of(
        _fields({**served, "protocol": _REST, "path": _paths, "readinessProbe": _probes()}, image=_IMAGES),
        _fields(served, image=_IMAGES, protocol=_GRPC, transport=st.just("GRPC")),
        _fields({"name": _words, "protocol": _REST, "readinessProbe": _probes()}, url=urls, version=_words),
        _fields({"name": _words}, url=origins, version=_words, protocol=_GRPC, transport=st.just("GRPC")),
        _fields(_MODEL, image=_IMAGES, entrypoint=st.just("fraud.model:predict")),
    )


def _workers() -> Documents:
    return _fields({"logLevel": st.sampled_from(["Debug", "Info", "Warning", "Error"])})


@st.composite
def valid_documents(draw: st.DrawFn) -> Document:
    """All that reaches a worker; pods, scaling and what the worker does not know yet are left out."""
    spec = draw(_fields({"worker": _workers()}, model=_models(), kafka=_kafka()))
    # Batches need the JSON protocol; it is simplest to have none elsewhere.
    delivery = draw(_valid(Delivery))
    if spec["model"].get("protocol", "JSON") != "JSON":
        delivery.pop("batch", None)
    return {**first_document(), "metadata": {"name": draw(names)}, "spec": {**spec, "delivery": delivery}}


def model_deployments() -> st.SearchStrategy[ModelDeployment]:
    return valid_documents().map(ModelDeployment.model_validate)
