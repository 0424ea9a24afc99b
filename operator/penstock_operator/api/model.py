"""`spec.model`: which model answers, where it runs and how it is spoken to."""

from typing import Annotated, Literal

from pydantic import Field

from penstock_operator.api.base import Items, Unset
from penstock_operator.api.container import Container, Port
from penstock_operator.api.derived import Placement
from penstock_operator.api.keyed import Unique
from penstock_operator.api.pod import PodTemplate
from penstock_operator.api.rules import model as rules
from penstock_operator.api.text import Entrypoint, ModelName, Url, UrlPath, Version
from penstock_operator.api.volumes import Volume


class Model(Container):
    rules = rules.ALL

    name: Unset[ModelName] = Field(
        default=None, description="name is the model's name in protocol paths and headers. Unset: metadata.name."
    )
    version: Unset[Version] = Field(
        default=None,
        description="version is told with every prediction. Unset: the image's tag, else 12 digits of its digest; "
        "required with url.",
    )
    placement: Unset[Placement] = Field(
        default=None,
        description="placement is where the model runs: Sidecar, beside each worker, scaled with the lag; Service, in "
        "a Deployment of its own that others can call as well; External, wherever url points; Embedded, in the "
        "worker's own process. Unset: Embedded with an entrypoint, External with a url, else Sidecar.",
    )
    url: Unset[Url] = Field(
        default=None,
        description="url is where an External model answers. Without a path, the protocol's own path is added.",
    )
    entrypoint: Unset[Entrypoint] = Field(
        default=None,
        description="entrypoint is the Python callable of an Embedded model, as package.module:callable, in an image "
        "that is built on the worker's.",
    )
    replicas: Unset[int] = Field(
        default=None, ge=1, le=1000, description="replicas is the number of pods of a Service model. Unset: 1."
    )
    protocol: Literal["JSON", "TensorFlow", "Seldon", "OpenInference"] = Field(
        default="JSON",
        description="protocol is what the model speaks: JSON sends values as they are; TensorFlow, Seldon and "
        "OpenInference are the protocols of those servers.",
    )
    transport: Literal["REST", "GRPC"] = Field(
        default="REST", description="transport carries the protocol: REST is JSON over HTTP, GRPC is protobuf."
    )
    port: Unset[Port] = Field(
        default=None,
        description="port is where the model listens. Unset, REST/GRPC: JSON 8080, TensorFlow 8501/8500, Seldon "
        "9000/5000, OpenInference 8080/8081.",
    )
    path: Unset[UrlPath] = Field(
        default=None,
        description="path is where a REST model answers. Unset: JSON /predict, TensorFlow /v1/models/<name>:predict, "
        "Seldon /api/v1.0/predictions, OpenInference /v2/models/<name>/infer.",
    )
    startup_timeout_seconds: int = Field(
        default=600, ge=10, le=86400, description="startupTimeoutSeconds is how long the model may take to start."
    )
    volumes: Annotated[Items[Volume], Unique("name")] = Field(
        default=(), max_length=16, description="volumes are what volumeMounts refer to; at most 16."
    )
    template: PodTemplate = Field(
        default=PodTemplate(),
        description="template adds to the pods that the model runs in, also where those are the worker's.",
    )
