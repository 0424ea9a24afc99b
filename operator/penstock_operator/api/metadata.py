"""The part of a resource's `metadata` that Penstock reads. The rest is Kubernetes' own and passes unread."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field, model_validator

from penstock_operator.api.base import ApiModel, Unset
from penstock_operator.api.text import DnsLabel, DnsSubdomain, Word

_UNREAD: Final = frozenset(
    {"deletionGracePeriodSeconds", "finalizers", "generateName", "managedFields", "ownerReferences", "selfLink"}
)


class Metadata(ApiModel):
    name: DnsSubdomain = Field(description="name is the resource's name, at most 40 characters.")
    namespace: Unset[DnsLabel] = Field(default=None, description="namespace is where the resource lives.")
    labels: Mapping[str, str] = Field(default={}, description="labels are the resource's labels.")
    annotations: Mapping[str, str] = Field(default={}, description="annotations are the resource's annotations.")
    uid: Unset[Word] = Field(default=None, description="uid tells the resource from an earlier one of its name.")
    resource_version: Unset[Word] = Field(default=None, description="resourceVersion is the version that was read.")
    generation: Unset[int] = Field(default=None, description="generation counts the changes of spec.")
    creation_timestamp: Unset[Word] = Field(default=None, description="creationTimestamp is when it was created.")
    deletion_timestamp: Unset[Word] = Field(default=None, description="deletionTimestamp is set while it is deleted.")

    @model_validator(mode="before")
    @classmethod
    def _leave_the_rest_unread(cls, metadata: Any) -> Any:
        if not isinstance(metadata, Mapping):
            return metadata
        # kubectl itself prints `creationTimestamp: null`.
        return {key: value for key, value in metadata.items() if key not in _UNREAD and value is not None}
