"""ModelDeployments with all that reaches pods: containers, volumes, templates, resources, scaling."""

from functools import cache
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from pydantic import ValidationError

from penstock_operator import defaults
from penstock_operator.api.base import ApiModel
from penstock_operator.api.container import EnvFrom, EnvVar, Probe, Resources, SecurityContext
from penstock_operator.api.kafka import SchemaRegistry
from penstock_operator.api.pod import PodTemplate
from penstock_operator.api.scaling import Scaling
from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.api.volumes import Volume
from penstock_operator.api.worker import Rollout
from penstock_operator.options import Options
from support.custom_resources.documents import Document
from support.custom_resources.schema_strategies import documents_of
from support.custom_resources.strategies import namespaces, valid_documents

_paths = st.sampled_from(["/tmp", "/tmp/", "/models", "/models/a", "/cache"])


@cache
def _valid(model: type[ApiModel]) -> st.SearchStrategy[Document]:
    def holds(document: Document) -> bool:
        try:
            model.model_validate(document)
        except ValidationError:
            return False
        return True

    return documents_of(model).filter(holds)


def _some(model: type[ApiModel], key: str | None = None) -> st.SearchStrategy[list[Document]]:
    return st.lists(_valid(model), max_size=2, unique_by=None if key is None else lambda entry: entry[key])


@st.composite
def _mounted(draw: st.DrawFn) -> Document:
    volumes = draw(_some(Volume, "name"))
    names = [volume["name"] for volume in volumes]
    paths = draw(st.lists(_paths, max_size=len(names), unique=True))
    mounts = [{"name": name, "mountPath": path} for name, path in zip(names, paths, strict=False)]
    return {"volumes": volumes, "volumeMounts": mounts}


@st.composite
def _container(draw: st.DrawFn) -> Document:
    return draw(_mounted()) | draw(
        st.fixed_dictionaries(
            {},
            optional={
                "env": _some(EnvVar, "name"),
                "envFrom": _some(EnvFrom),
                "resources": _valid(Resources),
                "securityContext": _valid(SecurityContext),
                "template": _valid(PodTemplate),
                "imagePullPolicy": st.sampled_from(["Always", "IfNotPresent", "Never"]),
            },
        )
    )


def _served() -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries(
        {},
        optional={
            "command": st.lists(st.text("ab -", max_size=3), max_size=2),
            "startupProbe": _valid(Probe),
            "livenessProbe": _valid(Probe),
        },
    )


def _worker() -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries(
        {}, optional={"resources": _valid(Resources), "template": _valid(PodTemplate), "rollout": _valid(Rollout)}
    )


@st.composite
def deployments_with_pods(draw: st.DrawFn) -> ModelDeployment:
    document: dict[str, Any] = draw(valid_documents())
    spec, model = document["spec"], document["spec"]["model"]
    if "url" not in model:
        model |= draw(_container())
        if "entrypoint" not in model:
            model |= draw(_served())
    if draw(st.booleans()):
        spec["kafka"]["schemaRegistry"] = draw(_valid(SchemaRegistry))
    document["metadata"]["namespace"] = draw(namespaces)
    document["spec"] = {
        **spec,
        "paused": draw(st.booleans()),
        "worker": draw(_worker()),
        "scaling": draw(_valid(Scaling)),
    }
    try:
        return ModelDeployment.model_validate(document)
    except ValidationError:
        assume(False)  # a rule about several of the parts
        raise


def is_root_allowed(deployment: ModelDeployment) -> bool:
    """The one thing with which a user can leave the restricted standard, by saying so."""
    return not deployment.spec.model.security_context.run_as_non_root and defaults.placement(deployment.spec.model) in (
        "Sidecar",
        "Service",
        "Embedded",
    )


quantities = st.from_regex(
    r"([0-9]{1,12}(\.[0-9]{0,4})?|\.[0-9]{1,4})([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9])?", fullmatch=True
)

options = st.builds(
    Options,
    worker_image=st.just("registry.example/penstock-worker:0.1.0"),
    operator_version=st.just("0.1.0"),
    worker_image_pull_policy=st.sampled_from([None, "Always"]),
    openshift=st.booleans(),
    network_policy=st.booleans(),
    pod_monitor=st.booleans(),
)
