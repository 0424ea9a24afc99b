"""The model's container: the parts of the Kubernetes shape that a model needs, typed and bounded.

What is missing is missing on purpose: privileges, capabilities, host ports and lifecycle hooks are not a user's to set.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from penstock_operator.api.base import ApiModel, Items, Unset
from penstock_operator.api.keyed import Unique
from penstock_operator.api.rules import pods as rules
from penstock_operator.api.text import (
    DataKey,
    DnsSubdomain,
    EnvName,
    Image,
    LabelKey,
    Line,
    Quantity,
    Text,
    UrlPath,
    Word,
)
from penstock_operator.api.volumes import VolumeMount

Port = Annotated[int, Field(ge=1, le=65535)]


class DataKeyRef(ApiModel):
    name: DnsSubdomain = Field(description="name is the object's name.")
    key: DataKey = Field(description="key is the entry that holds the value.")
    optional: bool = Field(default=False, description="optional lets the container start without it.")


class FieldRef(ApiModel):
    field_path: Line = Field(description="fieldPath is a field of the pod, for example metadata.name.")


class ResourceFieldRef(ApiModel):
    resource: Word = Field(description="resource is a resource of the container, for example limits.memory.")
    divisor: Unset[Quantity] = Field(default=None, description="divisor is the unit of the value, for example 1Mi.")


class EnvSource(ApiModel):
    rules = (rules.ONE_ENV_SOURCE,)

    config_map_key_ref: Unset[DataKeyRef] = Field(default=None, description="configMapKeyRef is a ConfigMap's entry.")
    secret_key_ref: Unset[DataKeyRef] = Field(default=None, description="secretKeyRef is a Secret's entry.")
    field_ref: Unset[FieldRef] = Field(default=None, description="fieldRef is a field of the pod.")
    resource_field_ref: Unset[ResourceFieldRef] = Field(
        default=None, description="resourceFieldRef is a resource of the container."
    )


class EnvVar(ApiModel):
    rules = (rules.VALUE_OR_VALUE_FROM,)

    name: EnvName = Field(description="name is the variable's name.")
    value: Unset[Text] = Field(
        default=None, description="value is the variable's value, never a credential. Unset: empty, or valueFrom."
    )
    value_from: Unset[EnvSource] = Field(default=None, description="valueFrom is where the value is read from.")


class EnvFromObject(ApiModel):
    name: DnsSubdomain = Field(description="name is the object's name.")
    optional: bool = Field(default=False, description="optional lets the container start without it.")


class EnvFrom(ApiModel):
    rules = (rules.ONE_ENV_FROM_SOURCE,)

    prefix: Unset[EnvName] = Field(default=None, description="prefix is put before every name.")
    config_map_ref: Unset[EnvFromObject] = Field(default=None, description="configMapRef takes a ConfigMap's entries.")
    secret_ref: Unset[EnvFromObject] = Field(default=None, description="secretRef takes a Secret's entries.")


class Resources(ApiModel):
    rules = (rules.RESOURCE_NAMES_BOUNDED,)

    requests: Mapping[str, Quantity] = Field(
        default={}, max_length=16, description="requests are what is reserved, by resource; at most 16."
    )
    limits: Mapping[str, Quantity] = Field(
        default={}, max_length=16, description="limits are what may be used, by resource; at most 16."
    )


class HttpHeader(ApiModel):
    name: LabelKey = Field(description="name is the header's name.")
    value: Line = Field(description="value is the header's value.")


class HttpGetProbe(ApiModel):
    path: UrlPath = Field(default="/", description="path is asked for; 200 to 399 is success.")
    port: Unset[Port] = Field(default=None, description="port is a number. Unset: the model's port.")
    scheme: Literal["HTTP", "HTTPS"] = Field(default="HTTP", description="scheme is HTTP or HTTPS.")
    http_headers: Items[HttpHeader] = Field(
        default=(), max_length=16, description="httpHeaders are sent along; at most 16."
    )


class TcpSocketProbe(ApiModel):
    port: Unset[Port] = Field(default=None, description="port is a number. Unset: the model's port.")


class GrpcProbe(ApiModel):
    port: Unset[Port] = Field(default=None, description="port is a number. Unset: the model's port.")
    service: Unset[Word] = Field(default=None, description="service is the name in the gRPC health request.")


class ExecProbe(ApiModel):
    command: Items[Text] = Field(
        min_length=1, max_length=64, description="command is run in the container; 0 is success."
    )


class Probe(ApiModel):
    rules = (rules.ONE_PROBE,)

    http_get: Unset[HttpGetProbe] = Field(default=None, description="httpGet asks over HTTP.")
    tcp_socket: Unset[TcpSocketProbe] = Field(default=None, description="tcpSocket connects.")
    grpc: Unset[GrpcProbe] = Field(default=None, description="grpc asks by the gRPC health protocol.")
    exec: Unset[ExecProbe] = Field(default=None, description="exec runs a command in the container.")
    initial_delay_seconds: Unset[int] = Field(
        default=None, ge=0, le=3600, description="initialDelaySeconds is the wait before the first probe."
    )
    period_seconds: Unset[int] = Field(
        default=None, ge=1, le=3600, description="periodSeconds is the time between two probes."
    )
    timeout_seconds: Unset[int] = Field(
        default=None, ge=1, le=3600, description="timeoutSeconds is how long an answer may take."
    )
    success_threshold: Unset[int] = Field(
        default=None, ge=1, le=100, description="successThreshold is how many successes in a row count as success."
    )
    failure_threshold: Unset[int] = Field(
        default=None, ge=1, le=10000, description="failureThreshold is how many failures in a row count as failure."
    )


class SecurityContext(ApiModel):
    rules = (rules.ROOT_IS_NOT_NON_ROOT,)

    run_as_user: Unset[int] = Field(
        default=None, ge=0, le=2147483647, description="runAsUser is the user id. Unset: the image's own, a number."
    )
    run_as_group: Unset[int] = Field(
        default=None, ge=0, le=2147483647, description="runAsGroup is the group id. Unset: the image's own."
    )
    fs_group: Unset[int] = Field(
        default=None, ge=0, le=2147483647, description="fsGroup is the group id that owns the pod's volumes."
    )
    run_as_non_root: bool = Field(default=True, description="runAsNonRoot refuses to start an image that runs as root.")
    read_only_root_filesystem: bool = Field(
        default=True, description="readOnlyRootFilesystem leaves only volumes and /tmp writable."
    )


class Container(ApiModel):
    """What a user says about a container that Penstock runs for them."""

    image: Unset[Image] = Field(default=None, description="image is the container image; all placements but External.")
    image_pull_policy: Unset[Literal["Always", "IfNotPresent", "Never"]] = Field(
        default=None, description="imagePullPolicy is when the image is pulled. Unset: the default of Kubernetes."
    )
    command: Items[Text] = Field(
        default=(), max_length=64, description="command replaces the image's entrypoint; at most 64 words."
    )
    args: Items[Text] = Field(
        default=(), max_length=128, description="args replace the image's arguments; at most 128."
    )
    env: Annotated[Items[EnvVar], Unique("name")] = Field(
        default=(), max_length=128, description="env are environment variables; at most 128."
    )
    env_from: Items[EnvFrom] = Field(
        default=(), max_length=32, description="envFrom takes variables from ConfigMaps and Secrets; at most 32."
    )
    resources: Resources = Field(
        default=Resources(), description="resources are what the container reserves and may use."
    )
    startup_probe: Unset[Probe] = Field(
        default=None, description="startupProbe says that the model has started. Unset: TCP on the model's port."
    )
    readiness_probe: Unset[Probe] = Field(
        default=None, description="readinessProbe says that the model can answer; an httpGet also guides the worker."
    )
    liveness_probe: Unset[Probe] = Field(
        default=None, description="livenessProbe says that the model need not be restarted. Unset: none."
    )
    volume_mounts: Annotated[Items[VolumeMount], Unique("mountPath")] = Field(
        default=(), max_length=32, description="volumeMounts are where volumes appear; at most 32."
    )
    security_context: SecurityContext = Field(
        default=SecurityContext(), description="securityContext is the user, group and file system of the container."
    )
