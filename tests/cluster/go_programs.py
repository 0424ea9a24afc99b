"""Pure: the Go programs of the cluster, and how each is built from its published module."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cluster import versions


@dataclass(frozen=True, slots=True)
class GoModule:
    """A published module that is built in a copy of its own source, so that its own go.sum pins what goes in.

    `added_files` are written into the copy. `staging_version`: the version that published modules stand at which the
    module's own go.mod replaces by folders; a published module does not contain those.
    """

    path: str
    version: str
    staging_version: str | None = None
    added_files: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.path}@{self.version}"


@dataclass(frozen=True, slots=True)
class GoProgram:
    """One binary: `package` is its folder inside the module."""

    name: str
    module: GoModule
    package: str
    linker_values: Mapping[str, str] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        """Carries a hash of the recipe: a changed recipe is another file."""
        recipe = json.dumps([*_recipe(self.module), self.package, dict(self.linker_values)])
        return f"{self.name}-{self.module.version}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}"

    def build_command(self, go: str, output: str) -> list[str]:
        values = (f"-X {name}={value}" for name, value in self.linker_values.items())
        mode = "mod" if self.module.staging_version else "readonly"
        linker_flags = " ".join(("-s", "-w", *values))
        return [go, "build", f"-mod={mode}", "-trimpath", "-ldflags", linker_flags, "-o", output, f"./{self.package}"]


def _recipe(module: GoModule) -> list[Any]:
    return [module.path, module.version, module.staging_version, dict(module.added_files)]


def staging_replacements(go_mod: Mapping[str, Any], version: str) -> list[str]:
    """Flags of `go mod edit` that turn folder replacements into published modules; `go_mod` is its `-json` form."""
    replaced = (entry["Old"]["Path"] for entry in go_mod["Replace"] or () if entry["New"]["Path"].startswith("./"))
    return [f"-replace={path}={path}@{version}" for path in replaced]


# Plugins in the order in which a query passes them: the cache before all, the tests' own names before the cluster's.
_DNS_PLUGINS = ("reload", "ready", "errors", "log", "bind", "health", "cache", "hosts", "kubernetes")
_DNS_MAIN = """\
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
{imports}
)

func main() {{
	dnsserver.Directives = []string{{{names}}}
	coremain.Run()
}}
""".format(
    imports="\n".join(f'\t_ "github.com/coredns/coredns/plugin/{name}"' for name in _DNS_PLUGINS),
    names=", ".join(f'"{name}"' for name in _DNS_PLUGINS),
)

# Kubernetes' own is C. A process in a namespace of its own has no default handling of signals.
_PAUSE_MAIN = """\
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	<-ended
}
"""

_KUBERNETES = GoModule(
    "k8s.io/kubernetes",
    f"v{versions.KUBERNETES}",
    staging_version=f"v0.{versions.KUBERNETES.partition('.')[2]}",
    added_files={"cluster/pause/main.go": _PAUSE_MAIN},
)
_KEDA = GoModule("github.com/kedacore/keda/v2", f"v{versions.KEDA}")
_COREDNS = GoModule("github.com/coredns/coredns", f"v{versions.COREDNS}", added_files={"cluster/main.go": _DNS_MAIN})


def _kubernetes(name: str) -> GoProgram:
    major, minor, _ = versions.KUBERNETES.split(".")
    version = "k8s.io/component-base/version"  # unset, every client would see version 0.0.0
    values = {"gitVersion": f"v{versions.KUBERNETES}", "gitMajor": major, "gitMinor": minor}
    return GoProgram(name, _KUBERNETES, f"cmd/{name}", {f"{version}.{key}": value for key, value in values.items()})


API_SERVER = _kubernetes("kube-apiserver")
KUBECTL = _kubernetes("kubectl")
CONTROLLER_MANAGER = _kubernetes("kube-controller-manager")
SCHEDULER = _kubernetes("kube-scheduler")
KUBELET = _kubernetes("kubelet")
KUBE_PROXY = _kubernetes("kube-proxy")
KEDA_OPERATOR = GoProgram("keda", _KEDA, "cmd/operator")
KEDA_ADAPTER = GoProgram("keda-adapter", _KEDA, "cmd/adapter")
PAUSE = GoProgram("pause", _KUBERNETES, "cluster/pause")
COREDNS = GoProgram("coredns", _COREDNS, "cluster")

# Of one module, the one that compiles most of what the others share comes first.
API_SERVER_ALONE = (API_SERVER, KUBECTL)
ALL = (
    *API_SERVER_ALONE,
    CONTROLLER_MANAGER,
    SCHEDULER,
    KUBELET,
    KUBE_PROXY,
    PAUSE,
    COREDNS,
    KEDA_OPERATOR,
    KEDA_ADAPTER,
)
