"""Where a pod may run: tolerations, affinity and spreading, in the shapes of Kubernetes, bounded."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from penstock_operator.api.base import ApiModel, Items, Unset
from penstock_operator.api.text import DnsLabel, LabelKey, LabelValue


class LabelRequirement(ApiModel):
    key: LabelKey = Field(description="key is the label's key.")
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = Field(
        description="operator relates the label to values."
    )
    values: Items[LabelValue] = Field(default=(), max_length=64, description="values go with In and NotIn; at most 64.")


class LabelSelector(ApiModel):
    match_labels: Mapping[str, LabelValue] = Field(
        default={}, max_length=32, description="matchLabels are labels that must be as given; at most 32."
    )
    match_expressions: Items[LabelRequirement] = Field(
        default=(), max_length=32, description="matchExpressions must all hold; at most 32."
    )


class NodeRequirement(ApiModel):
    key: LabelKey = Field(description="key is the key of a node's label or field.")
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] = Field(
        description="operator relates the label to values."
    )
    values: Items[LabelValue] = Field(
        default=(), max_length=64, description="values go with In, NotIn, Gt and Lt; at most 64."
    )


class NodeSelectorTerm(ApiModel):
    match_expressions: Items[NodeRequirement] = Field(
        default=(), max_length=32, description="matchExpressions are about labels and must all hold; at most 32."
    )
    match_fields: Items[NodeRequirement] = Field(
        default=(), max_length=32, description="matchFields are about fields and must all hold; at most 32."
    )


class NodeSelector(ApiModel):
    node_selector_terms: Items[NodeSelectorTerm] = Field(
        min_length=1, max_length=16, description="nodeSelectorTerms are alternatives; 1 to 16."
    )


class PreferredNodes(ApiModel):
    weight: int = Field(ge=1, le=100, description="weight is added to the score of a node that fits, 1 to 100.")
    preference: NodeSelectorTerm = Field(description="preference says which nodes are preferred.")


class NodeAffinity(ApiModel):
    required_during_scheduling_ignored_during_execution: Unset[NodeSelector] = Field(
        default=None, description="requiredDuringSchedulingIgnoredDuringExecution must fit."
    )
    preferred_during_scheduling_ignored_during_execution: Items[PreferredNodes] = Field(
        default=(), max_length=16, description="preferredDuringSchedulingIgnoredDuringExecution should fit; at most 16."
    )


class PodAffinityTerm(ApiModel):
    label_selector: Unset[LabelSelector] = Field(default=None, description="labelSelector says which pods are meant.")
    namespaces: Items[DnsLabel] = Field(
        default=(), max_length=16, description="namespaces are where those pods are; none means the pod's own."
    )
    namespace_selector: Unset[LabelSelector] = Field(
        default=None, description="namespaceSelector says by labels where those pods are."
    )
    topology_key: LabelKey = Field(description="topologyKey is the node label whose equality means together.")


class PreferredPods(ApiModel):
    weight: int = Field(ge=1, le=100, description="weight is added to the score of a node that fits, 1 to 100.")
    pod_affinity_term: PodAffinityTerm = Field(description="podAffinityTerm says which pods are meant, and how near.")


class PodAffinity(ApiModel):
    required_during_scheduling_ignored_during_execution: Items[PodAffinityTerm] = Field(
        default=(), max_length=16, description="requiredDuringSchedulingIgnoredDuringExecution must fit; at most 16."
    )
    preferred_during_scheduling_ignored_during_execution: Items[PreferredPods] = Field(
        default=(), max_length=16, description="preferredDuringSchedulingIgnoredDuringExecution should fit; at most 16."
    )


class Affinity(ApiModel):
    node_affinity: Unset[NodeAffinity] = Field(default=None, description="nodeAffinity says which nodes fit.")
    pod_affinity: Unset[PodAffinity] = Field(default=None, description="podAffinity says which pods to be near to.")
    pod_anti_affinity: Unset[PodAffinity] = Field(
        default=None, description="podAntiAffinity says which pods to keep away from."
    )


class Toleration(ApiModel):
    key: Unset[LabelKey] = Field(default=None, description="key is the taint's key. Unset: every key.")
    operator: Literal["Exists", "Equal"] = Field(default="Equal", description="operator relates key to value.")
    value: Unset[LabelValue] = Field(default=None, description="value goes with Equal.")
    effect: Unset[Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]] = Field(
        default=None, description="effect is the taint's effect. Unset: every effect."
    )
    toleration_seconds: Unset[int] = Field(
        default=None,
        ge=0,
        le=31_536_000,
        description="tolerationSeconds is how long NoExecute is tolerated, in seconds. Unset: for ever.",
    )


class TopologySpreadConstraint(ApiModel):
    max_skew: int = Field(ge=1, le=1000, description="maxSkew is the largest difference in pods between two domains.")
    topology_key: LabelKey = Field(description="topologyKey is the node label whose values are the domains.")
    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"] = Field(
        description="whenUnsatisfiable is what to do where no node fits."
    )
    label_selector: Unset[LabelSelector] = Field(
        default=None, description="labelSelector says which pods are counted.."
    )
    match_label_keys: Items[LabelKey] = Field(
        default=(), max_length=16, description="matchLabelKeys narrow the count to pods like this one; at most 16."
    )
    min_domains: Unset[int] = Field(
        default=None, ge=1, le=1000, description="minDomains is the number of domains there should be at least."
    )
    node_affinity_policy: Unset[Literal["Honor", "Ignore"]] = Field(
        default=None, description="nodeAffinityPolicy is whether unfit nodes count. Unset: Honor, so they do not."
    )
    node_taints_policy: Unset[Literal["Honor", "Ignore"]] = Field(
        default=None,
        description="nodeTaintsPolicy is whether tainted nodes are left out. Unset: Ignore, so they count.",
    )
