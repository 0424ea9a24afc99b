"""Edge: kubectl, as users run it."""

import json
import os
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Manifest = Mapping[str, Any]

_CALL_SECONDS = 60
# Of a definition that was made just now: kubectl gives up instead of waiting.
_NO_CONDITIONS_YET = ".status.conditions accessor error"


class KubectlError(Exception):
    """kubectl ended with an error; the text is what it wrote to stderr."""


@dataclass(frozen=True, slots=True)
class Kubectl:
    """Call it with arguments; it gives back what kubectl prints. `namespace` stands for `--namespace`."""

    program: Path
    kubeconfig: Path
    namespace: str = ""

    def __call__(self, *arguments: str, stdin: str | None = None, timeout_seconds: float = _CALL_SECONDS) -> str:
        scope = (f"--namespace={self.namespace}",) if self.namespace else ()
        done = subprocess.run(
            [str(self.program), *scope, *arguments],
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
            env={**os.environ, "KUBECONFIG": str(self.kubeconfig)},
        )
        if done.returncode != 0:
            raise KubectlError(done.stderr.strip() or f"exit code {done.returncode}")
        return done.stdout

    def of(self, namespace: str) -> "Kubectl":
        return Kubectl(self.program, self.kubeconfig, namespace)

    def apply(self, *manifests: Manifest, server_side: bool = False) -> None:
        mode = ("--server-side", "--force-conflicts") if server_side else ()
        self("apply", *mode, "-f", "-", stdin=_as_list(manifests))

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """Raises `KubectlError` where it is not there."""
        found: dict[str, Any] = json.loads(self("get", kind, name, "--output=json"))
        return found

    def find(self, kind: str, name: str) -> dict[str, Any] | None:
        found = self("get", kind, name, "--output=json", "--ignore-not-found")
        return json.loads(found) if found else None

    def list(self, kind: str, selector: str = "") -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = json.loads(self("get", kind, "--output=json", f"--selector={selector}"))["items"]
        return items

    def patch(self, kind: str, name: str, change: Manifest) -> None:
        """A merge patch."""
        self("patch", kind, name, "--type=merge", "--patch", json.dumps(change))

    def wait(self, condition: str, *what: str, timeout_seconds: float) -> None:
        """`condition` as in `--for`."""
        limit = f"--timeout={timeout_seconds:g}s"
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                self("wait", f"--for={condition}", limit, *what, timeout_seconds=timeout_seconds + _CALL_SECONDS)
            except KubectlError as error:
                if _NO_CONDITIONS_YET not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return


def _as_list(manifests: Iterable[Manifest]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)})
