"""What the administrator allows: brokers and images, by regular expressions that must match the whole text. Pure."""

import re
from collections.abc import Iterable
from functools import cache

from penstock_operator.api.v1alpha1 import ModelDeployment
from penstock_operator.options import Options


def denied_by_policy(deployment: ModelDeployment, options: Options) -> str | None:
    """The field at fault and what is allowed; None where all is."""
    spec = deployment.spec
    for place, server in enumerate(spec.kafka.bootstrap_servers):
        if not _allowed(server, options.allowed_bootstrap_servers):
            return _denial(f"spec.kafka.bootstrapServers[{place}]", server, options.allowed_bootstrap_servers)
    image = spec.model.image
    if image is not None and not _allowed(image, options.allowed_images):
        return _denial("spec.model.image", image, options.allowed_images)
    return None


def _allowed(text: str, expressions: Iterable[str]) -> bool:
    patterns = [_compiled(expression) for expression in expressions]
    return not patterns or any(pattern.fullmatch(text) for pattern in patterns)


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def _denial(field: str, found: str, expressions: Iterable[str]) -> str:
    return f"{field}: {found} is not allowed; the administrator allows {' or '.join(expressions)}"
