"""The first document with one part of its spec made from that part's schema alone: rare fields, few rules at a time."""

from typing import Any, Final

from hypothesis import strategies as st

from penstock_operator.api.base import ApiModel
from penstock_operator.api.container import EnvFrom, EnvVar, Probe, Resources, SecurityContext
from penstock_operator.api.delivery import Delivery, PredictionLog
from penstock_operator.api.kafka import CreateTopics, SchemaRegistry, Tls
from penstock_operator.api.kafka_client_config import ConsumerConfig, ProducerConfig
from penstock_operator.api.pod import PodTemplate
from penstock_operator.api.scaling import Scaling
from penstock_operator.api.volumes import Volume
from penstock_operator.api.worker import Worker
from support.custom_resources.documents import Document, with_spec
from support.custom_resources.schema_strategies import documents_of

_MOST_ENTRIES: Final = 2


def _list_of(model: type[ApiModel]) -> st.SearchStrategy[Any]:
    return st.lists(documents_of(model), max_size=_MOST_ENTRIES)


def grafted_documents() -> st.SearchStrategy[Document]:
    return st.one_of([part.map(with_spec) for part in _parts()])


def _parts() -> list[st.SearchStrategy[Document]]:
    model = {
        "env": _list_of(EnvVar),
        "envFrom": _list_of(EnvFrom),
        "readinessProbe": documents_of(Probe),
        "resources": documents_of(Resources),
        "securityContext": documents_of(SecurityContext),
        "template": documents_of(PodTemplate),
        "volumes": _list_of(Volume),
    }
    kafka = {
        "consumerConfig": documents_of(ConsumerConfig),
        "createTopics": documents_of(CreateTopics),
        "producerConfig": documents_of(ProducerConfig),
        "schemaRegistry": documents_of(SchemaRegistry),
        "tls": documents_of(Tls),
    }
    whole = {
        "delivery": documents_of(Delivery),
        "predictionLog": documents_of(PredictionLog),
        "scaling": documents_of(Scaling),
        "worker": documents_of(Worker),
    }
    return [
        *(st.fixed_dictionaries({"model": st.fixed_dictionaries({name: made})}) for name, made in model.items()),
        *(st.fixed_dictionaries({"kafka": st.fixed_dictionaries({name: made})}) for name, made in kafka.items()),
        *(st.fixed_dictionaries({name: made}) for name, made in whole.items()),
    ]
