"""Volumes of a model's pod: the four kinds that read configuration, secrets, claims, or start empty; never the node."""

from typing import Literal

from pydantic import Field

from penstock_operator.api.base import ApiModel, Items, Unset
from penstock_operator.api.rules import pods as rules
from penstock_operator.api.text import DataKey, DnsLabel, DnsSubdomain, MountPath, Quantity, RelativePath


class KeyToPath(ApiModel):
    key: DataKey = Field(description="key is the entry to mount.")
    path: RelativePath = Field(description="path is the file that it becomes, seen from the volume's root.")
    mode: Unset[int] = Field(default=None, ge=0, le=511, description="mode is the file's permission bits.")


class EmptyDirVolume(ApiModel):
    medium: Unset[Literal["Memory"]] = Field(
        default=None, description="medium is Memory for a tmpfs, which counts as memory. Unset: the node's disk."
    )
    size_limit: Unset[Quantity] = Field(
        default=None, description="sizeLimit bounds the volume, in bytes, for example 2Gi."
    )


class ConfigMapVolume(ApiModel):
    name: DnsSubdomain = Field(description="name is the ConfigMap's name.")
    items: Items[KeyToPath] = Field(
        default=(), max_length=64, description="items are the entries to mount; none means all of them."
    )
    default_mode: Unset[int] = Field(
        default=None, ge=0, le=511, description="defaultMode is the permission bits of files."
    )
    optional: bool = Field(default=False, description="optional lets the pod start without the ConfigMap.")


class SecretVolume(ApiModel):
    secret_name: DnsSubdomain = Field(description="secretName is the Secret's name.")
    items: Items[KeyToPath] = Field(
        default=(), max_length=64, description="items are the entries to mount; none means all of them."
    )
    default_mode: Unset[int] = Field(
        default=None, ge=0, le=511, description="defaultMode is the permission bits of files."
    )
    optional: bool = Field(default=False, description="optional lets the pod start without the Secret.")


class ClaimVolume(ApiModel):
    claim_name: DnsSubdomain = Field(description="claimName is the PersistentVolumeClaim's name.")
    read_only: bool = Field(default=False, description="readOnly mounts the claim without writing.")


class Volume(ApiModel):
    rules = (rules.ONE_VOLUME_SOURCE, rules.VOLUME_NAME_NOT_RESERVED)

    name: DnsLabel = Field(description="name is what volumeMounts refer to.")
    empty_dir: Unset[EmptyDirVolume] = Field(default=None, description="emptyDir is scratch space of the pod.")
    config_map: Unset[ConfigMapVolume] = Field(default=None, description="configMap mounts a ConfigMap's entries.")
    secret: Unset[SecretVolume] = Field(default=None, description="secret mounts a Secret's entries.")
    persistent_volume_claim: Unset[ClaimVolume] = Field(
        default=None, description="persistentVolumeClaim mounts a claim of the namespace."
    )


class VolumeMount(ApiModel):
    rules = (rules.MOUNT_PATH_NOT_RESERVED,)

    name: DnsLabel = Field(description="name is one of spec.model.volumes.")
    mount_path: MountPath = Field(description="mountPath is where the volume appears in the container.")
    sub_path: Unset[RelativePath] = Field(default=None, description="subPath is the part of the volume that appears.")
    read_only: bool = Field(default=False, description="readOnly mounts without writing.")
