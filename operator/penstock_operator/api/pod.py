"""The bounded part of a pod template that a user may set; nothing here can loosen the pod's security."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from penstock_operator.api.base import ApiModel, Items, Unset
from penstock_operator.api.keyed import Unique
from penstock_operator.api.rules import pods as rules
from penstock_operator.api.scheduling import Affinity, Toleration, TopologySpreadConstraint
from penstock_operator.api.text import DnsSubdomain, IpAddress, LabelValue, Line, Text, Word


class LocalObject(ApiModel):
    name: DnsSubdomain = Field(description="name is the object's name, in the resource's own namespace.")


class HostAlias(ApiModel):
    ip: IpAddress = Field(description="ip is the address.")
    hostnames: Items[DnsSubdomain] = Field(
        min_length=1, max_length=32, description="hostnames are the names of that address; at most 32."
    )


class DnsOption(ApiModel):
    name: Word = Field(description="name is the resolver option, for example ndots.")
    value: Unset[Line] = Field(default=None, description="value is the option's value, if it takes one.")


class DnsConfig(ApiModel):
    nameservers: Items[IpAddress] = Field(
        default=(), max_length=3, description="nameservers are asked beside the cluster's own; at most 3."
    )
    searches: Items[DnsSubdomain] = Field(
        default=(), max_length=32, description="searches are domains to complete short names with; at most 32."
    )
    options: Items[DnsOption] = Field(default=(), max_length=16, description="options of the resolver; at most 16.")


class PodTemplate(ApiModel):
    rules = (rules.LABELS_NOT_RESERVED, rules.TEMPLATE_KEYS_BOUNDED)

    labels: Mapping[str, LabelValue] = Field(
        default={}, max_length=32, description="labels are added to the pods; at most 32, none of app.kubernetes.io/*."
    )
    annotations: Mapping[str, Text] = Field(
        default={}, max_length=32, description="annotations are added to the pods; at most 32."
    )
    node_selector: Mapping[str, LabelValue] = Field(
        default={}, max_length=32, description="nodeSelector are the labels that a node must have; at most 32."
    )
    tolerations: Items[Toleration] = Field(
        default=(), max_length=32, description="tolerations are the taints that pods put up with; at most 32."
    )
    affinity: Unset[Affinity] = Field(default=None, description="affinity says where pods should and should not run.")
    topology_spread_constraints: Items[TopologySpreadConstraint] = Field(
        default=(), max_length=16, description="topologySpreadConstraints spread pods over domains; at most 16."
    )
    priority_class_name: Unset[DnsSubdomain] = Field(
        default=None, description="priorityClassName is the pods' PriorityClass."
    )
    runtime_class_name: Unset[DnsSubdomain] = Field(
        default=None, description="runtimeClassName is the pods' RuntimeClass."
    )
    image_pull_secrets: Annotated[Items[LocalObject], Unique("name")] = Field(
        default=(), max_length=8, description="imagePullSecrets are Secrets for pulling images; at most 8."
    )
    service_account_name: Unset[DnsSubdomain] = Field(
        default=None, description="serviceAccountName is the pods' account. Unset: no token is mounted."
    )
    host_aliases: Annotated[Items[HostAlias], Unique("ip")] = Field(
        default=(), max_length=16, description="hostAliases are entries of the pods' hosts file; at most 16."
    )
    dns_config: Unset[DnsConfig] = Field(default=None, description="dnsConfig adds to the pods' name resolution.")
