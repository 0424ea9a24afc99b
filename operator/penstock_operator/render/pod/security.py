"""The security of pods and containers: the restricted Pod Security Standard, whatever the resource says. Pure."""

from typing import Final

from penstock_operator.api.container import SecurityContext
from penstock_operator.render.owner import Manifest

FS_GROUP: Final = 65532
"""The group that mounted Secrets belong to, since they are readable by owner and group alone."""


def pod_security(context: SecurityContext, *, openshift: bool) -> Manifest:
    """OpenShift gives every namespace a group of its own and refuses another."""
    fs_group = context.fs_group if context.fs_group is not None or openshift else FS_GROUP
    group: Manifest = {} if fs_group is None else {"fsGroup": fs_group, "fsGroupChangePolicy": "OnRootMismatch"}
    return {"seccompProfile": {"type": "RuntimeDefault"}, **group}


def container_security(context: SecurityContext) -> Manifest:
    """Users are the image's own unless given: an image says best which of its files are whose."""
    given = {"runAsUser": context.run_as_user, "runAsGroup": context.run_as_group}
    return {
        "runAsNonRoot": context.run_as_non_root,
        "readOnlyRootFilesystem": context.read_only_root_filesystem,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        **{name: value for name, value in given.items() if value is not None},
    }
