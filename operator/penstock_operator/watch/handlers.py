"""kopf's part: it watches, and every event ends in one function. No handler that would write anything to an object.

kopf lists and watches with our label selector, reconnects, follows bookmarks and notices a stream that went silent.
What it does not tell is an object that vanished while it was not looking; `relist.py` finds those.
"""

from collections.abc import Callable, Collection
from typing import Any, Final

import kopf
from kubernetes.client import Configuration

from penstock_operator.observed import Manifest
from penstock_operator.state.kinds import ApiResource

OnEvent = Callable[[ApiResource, Manifest, bool], None]
"""The kind, the object, and whether it is gone."""

RETRIES: Final = (2.0,) * 150  # through five minutes without an API server, and back within 2 s of its return


class _NoDiffBase(kopf.DiffBaseStorage):
    """kopf copies each object to find what changed since its last handler. There are none, so nothing is copied."""

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> Any:
        return None

    def store(self, **_: Any) -> None:
        """Nothing is ever stored."""


class _NoProgress(kopf.ProgressStorage):
    """Nor is the progress of handlers kept: each handles its event at once, and cannot fail."""

    def fetch(self, **_: Any) -> Any:
        return None

    def store(self, **_: Any) -> None:
        """Nothing is ever stored."""

    def purge(self, **_: Any) -> None:
        """Nothing is ever stored."""

    def touch(self, **_: Any) -> None:
        """Nothing is ever stored."""

    def clear(self, *, essence: Any) -> Any:
        return essence


def build_registry(
    resources: Collection[ApiResource], configuration: Configuration, on_event: OnEvent
) -> kopf.OperatorRegistry:
    """A handler for each kind, and the same credentials that `Connection` has."""
    registry = kopf.OperatorRegistry()
    for resource in resources:
        handler = _handler(resource, on_event)
        kopf.on.event(resource.group, resource.version, resource.plural, registry=registry, id=resource.kind)(handler)

    @kopf.on.login(registry=registry)
    async def log_in(**_: Any) -> kopf.ConnectionInfo:
        return connection_info(configuration)

    return registry


def _handler(resource: ApiResource, on_event: OnEvent) -> Callable[..., Any]:
    async def handle(event: Any, **_: Any) -> None:
        on_event(resource, event["object"], event["type"] == "DELETED")

    return handle


def connection_info(configuration: Configuration) -> kopf.ConnectionInfo:
    authorization = configuration.get_api_key_with_prefix("BearerToken", alias="authorization") or ""
    scheme, _, token = authorization.rpartition(" ")
    return kopf.ConnectionInfo(
        server=configuration.host,
        ca_path=configuration.ssl_ca_cert,
        insecure=not configuration.verify_ssl,
        scheme=scheme.capitalize() or None,
        token=token or None,
        username=configuration.username or None,
        password=configuration.password or None,
        certificate_path=configuration.cert_file,
        private_key_path=configuration.key_file,
    )


def build_settings(resources: Collection[ApiResource]) -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.scanning.disabled = True  # needs rights on the whole cluster; what is served is asked for elsewhere
    settings.process.ultimate_exiting_timeout = None  # it would kill the process, not the watch alone
    settings.persistence.diffbase_storage = _NoDiffBase()
    settings.persistence.progress_storage = _NoProgress()
    settings.queueing.idle_timeout = 1.0  # an idle object's task holds the whole object
    settings.networking.request_timeout = 60.0
    settings.networking.connect_timeout = 10.0
    settings.networking.error_backoffs = RETRIES
    settings.watching.server_timeout = 600
    settings.watching.reconnect_backoff = 1.0
    settings.watching.chunk_size = 250
    for resource in resources:
        if resource.label_selector:
            selector = (resource.group, resource.version, resource.plural)
            settings.watching.label_selectors[selector] = resource.label_selector
    return settings
