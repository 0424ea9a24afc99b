"""The operator's own settings: environment variables `PENSTOCK_*`, each also a flag, which wins."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from penstock_operator.options import DAY_SECONDS, Options, PullPolicy

PREFIX: Final = "PENSTOCK_"


def _split(value: object) -> object:
    """A list is given as text with blanks, line ends or commas between its entries."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _lines(value: object) -> object:
    """A regular expression may hold blanks and commas, so each has a line of its own."""
    return tuple(line.strip() for line in value.splitlines() if line.strip()) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Patterns = Annotated[tuple[str, ...], BeforeValidator(_lines)]


class SettingsRefused(Exception):  # noqa: N818 - a verdict on the administrator's set-up, not a fault of the program
    """A setting that cannot be. Its text names the variable and the rule."""


class OperatorSettings(BaseModel):
    """What the operator is started with."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    worker_image: str = Field(min_length=1, description="Image of the bridge and of the pre-flight.")
    worker_image_pull_policy: PullPolicy | None = Field(
        default=None, description="Pull policy of that image: Always, IfNotPresent or Never. Unset: Kubernetes decides."
    )
    namespaces: Names = Field(
        default=(), max_length=256, description="Namespaces to watch, with blanks or commas between. Unset: all."
    )
    openshift: bool = Field(
        default=False, description="Whether OpenShift chooses user and group of the pods, so that neither is set."
    )
    network_policy: bool = Field(default=False, description="Whether NetworkPolicies for ingress are made.")
    pod_monitor: bool = Field(default=False, description="Whether PodMonitors are made where that kind is known.")
    allowed_bootstrap_servers: Patterns = Field(
        default=(),
        max_length=64,
        description="Regular expressions, one a line: each Kafka server must match one as a whole. Unset: any may.",
    )
    allowed_images: Patterns = Field(
        default=(),
        max_length=64,
        description="Regular expressions, one a line: a model's image must match one as a whole. Unset: any may.",
    )
    renew_every_seconds: int = Field(
        default=DAY_SECONDS, ge=10, le=7 * DAY_SECONDS, description="Time between two pre-flights of what runs already."
    )
    relist_every_seconds: int = Field(
        default=600, ge=30, le=DAY_SECONDS, description="Time between two complete lists, which repair a missed event."
    )
    threads: int = Field(default=8, ge=1, le=64, description="ModelDeployments that are reconciled at once.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port of /healthz, /readyz and /metrics.")
    log_level: Literal["Debug", "Info", "Warning", "Error"] = Field(
        default="Info", description="Least level of a line."
    )

    @field_validator("allowed_bootstrap_servers", "allowed_images")
    @classmethod
    def _are_patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        return patterns

    @classmethod
    def read(cls, environment: Mapping[str, str], flags: Mapping[str, str | None]) -> Self:
        """From `PENSTOCK_*` variables and from flags by the field's name, None for a flag that was not given.

        An empty variable counts as not set, as a chart writes it. Raises `SettingsRefused`.
        """
        given: dict[str, Any] = {name: _of_environment(environment.get(variable(name))) for name in cls.model_fields}
        given |= {name: text for name, text in flags.items() if text is not None}
        try:
            return cls(**{name: text for name, text in given.items() if text is not None})
        except ValidationError as error:
            raise SettingsRefused("\n".join(_lines_of(error))) from error

    def options(self, operator_version: str) -> Options:
        """The part that shapes children."""
        return Options(
            worker_image=self.worker_image,
            operator_version=operator_version,
            worker_image_pull_policy=self.worker_image_pull_policy,
            openshift=self.openshift,
            network_policy=self.network_policy,
            pod_monitor=self.pod_monitor,
            allowed_bootstrap_servers=self.allowed_bootstrap_servers,
            allowed_images=self.allowed_images,
            renew_every_seconds=self.renew_every_seconds,
        )


def _of_environment(text: str | None) -> str | None:
    """Kubernetes itself sets `PENSTOCK_PORT=tcp://…` in every pod beside a Service that is called penstock."""
    return None if not text or text.startswith("tcp://") else text


def variable(field: str) -> str:
    return PREFIX + field.upper()


def flag(field: str) -> str:
    return "--" + field.replace("_", "-")


def _lines_of(error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_input=False)
    return [f"{variable(str(one['loc'][0]))} ({flag(str(one['loc'][0]))}): {one['msg']}" for one in found]
