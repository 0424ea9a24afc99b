"""The forms of text in a custom resource: each bounded, each with words for people beside the pattern for machines.

Patterns mean the same in RE2 (the API server) and in pydantic's Rust regex: no look-around, anchored at both ends.
"""

from typing import Annotated, Final

from pydantic import BeforeValidator, StringConstraints, WithJsonSchema

FORMS: Final[dict[str, str]] = {}
"""Pattern -> what it asks for, in words."""

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
_HOST = r"([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*"
_DOTTED = rf"{_IDENTIFIER}(\.{_IDENTIFIER})*"
_URL_PATH = r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*"
_IMAGE_HOST = rf"[A-Za-z0-9][A-Za-z0-9.-]*(:{_PORT})?"
_IMAGE_PART = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_QUANTITY = r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,3})?$"


def form(pattern: str, words: str, *, max_length: int) -> StringConstraints:
    FORMS[pattern] = words
    return StringConstraints(pattern=pattern, max_length=max_length)


def _number_as_text(value: object) -> object:
    """Kubernetes takes `cpu: 2` for `cpu: "2"`."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


BootstrapServer = Annotated[
    str, form(rf"^{_HOST}:{_PORT}$", "host:port, for example kafka-0.kafka:9093", max_length=261)
]
ConsumerGroup = Annotated[
    str, form(r"^[!-~]+$", "printable ASCII without spaces, for example model.payments.fraud", max_length=255)
]
# Kafka itself refuses "." and "..".
Topic = Annotated[
    str,
    form(
        r"^[.]*[A-Za-z0-9_-][A-Za-z0-9._-]*$",
        "a topic name: letters, digits, '.', '_' and '-', for example transactions.scored",
        max_length=249,
    ),
]
Url = Annotated[
    str,
    form(
        rf"^https?://{_HOST}(:{_PORT})?({_URL_PATH})?$",
        "http(s)://host[:port][/path], without credentials, query or fragment",
        max_length=2048,
    ),
]
UrlPath = Annotated[
    str, form(rf"^{_URL_PATH}$", "an absolute path without query, for example /predict", max_length=1024)
]
Entrypoint = Annotated[
    str, form(rf"^{_DOTTED}:{_DOTTED}$", "package.module:callable, for example fraud.model:predict", max_length=512)
]
Image = Annotated[
    str,
    form(
        rf"^({_IMAGE_HOST}/)?{_IMAGE_PART}(/{_IMAGE_PART})*(:[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}})?"
        r"(@[a-z0-9]+:[0-9a-f]{32,128})?$",
        "an image reference, for example registry.example/fraud:1.4.2",
        max_length=512,
    ),
]
ModelName = Annotated[
    str,
    form(
        r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$",
        "letters, digits, '.', '_' and '-', beginning and ending with a letter or digit",
        max_length=128,
    ),
]
Version = Annotated[
    str,
    form(
        r"^[A-Za-z0-9_][A-Za-z0-9._+-]*$", "letters, digits, '.', '_', '+' and '-', for example 1.4.2", max_length=128
    ),
]
Fraction = Annotated[
    str,
    form(
        r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$",
        'a decimal number from 0 to 1 in quotes, with at most six digits after the point, for example "0.25"',
        max_length=8,
    ),
]
OAuthScope = Annotated[str, form(r"^[!-~]+$", "a scope without spaces", max_length=253)]
SaslExtension = Annotated[str, form(r"^[ -+\--~]*$", "printable ASCII without commas", max_length=253)]

DnsLabel = Annotated[
    str, form(rf"^{_LABEL}$", "lower-case letters, digits and '-', for example fraud-user", max_length=63)
]
DnsSubdomain = Annotated[
    str,
    form(
        rf"^{_LABEL}(\.{_LABEL})*$", "lower-case letters, digits, '-' and '.', for example fraud-user", max_length=253
    ),
]
# Never ".", ".." or "..x": Kubernetes refuses those as well, since a key becomes a file name.
DataKey = Annotated[
    str,
    form(r"^[.]?[-_A-Za-z0-9][-._A-Za-z0-9]*$", "a key of a Secret or ConfigMap, for example user.crt", max_length=253),
]
LabelKey = Annotated[
    str,
    form(
        rf"^({_LABEL}(\.{_LABEL})*/)?{_QUALIFIED}$",
        "a label key, for example topology.kubernetes.io/zone",
        max_length=317,
    ),
]
LabelValue = Annotated[
    str,
    form(
        rf"^({_QUALIFIED})?$",
        "letters, digits, '-', '_' and '.', beginning and ending with a letter or digit",
        max_length=63,
    ),
]
EnvName = Annotated[
    str, form(r"^[-._A-Za-z][-._A-Za-z0-9]*$", "an environment variable's name, for example MODEL_PATH", max_length=256)
]
MountPath = Annotated[str, form(r"^/[^:]*$", "an absolute path without ':', for example /models", max_length=1024)]
RelativePath = Annotated[
    str,
    form(
        r"^[.]?[^./:][^/:]*(/[.]?[^./:][^/:]*)*$",
        "a relative path that stays inside its volume, for example models/fraud",
        max_length=1024,
    ),
]
IpAddress = Annotated[str, form(r"^[0-9A-Fa-f:.]+$", "an IP address", max_length=45)]
Quantity = Annotated[
    str,
    BeforeValidator(_number_as_text),
    form(_QUANTITY, "a quantity, for example 500m or 2Gi", max_length=32),
    WithJsonSchema({"x-kubernetes-int-or-string": True, "pattern": _QUANTITY, "maxLength": 32, "minimum": 0}),
]

Word = Annotated[str, StringConstraints(min_length=1, max_length=253)]
Line = Annotated[str, StringConstraints(max_length=1024)]
Text = Annotated[str, StringConstraints(max_length=16384)]
"""An argument or the value of an environment variable, which may be a whole script."""
