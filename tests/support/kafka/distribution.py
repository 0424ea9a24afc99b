"""Apache Kafka's jars in a per-user cache, made once per machine.

Beside the jars lie two things that make a broker start cheap: `bootstrap.checkpoint`, what `StorageTool format` writes
for every node alike, and a class-data archive of the JVM, which halves the start. Everything in the cache is complete
or absent: made aside, then renamed, under a file lock.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from support.cache import cache_root, locked, make_once

KAFKA_VERSION = "4.3.1"
_POM = Path(__file__).with_name("pom.xml")
_NODE_FOR_FORMAT = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:10
listeners=PLAINTEXT://127.0.0.1:9,CONTROLLER://127.0.0.1:10
controller.listener.names=CONTROLLER
log.dirs={folder}
"""


@dataclass(frozen=True)
class KafkaDistribution:
    """A ready cache folder."""

    folder: Path

    @cached_property
    def class_path(self) -> str:
        """Sorted, since the JVM refuses a class-data archive made with another order."""
        return ":".join(str(jar) for jar in sorted((self.folder / "libs").glob("*.jar")))

    @property
    def bootstrap_checkpoint(self) -> Path:
        return self.folder / "bootstrap.checkpoint"

    @cached_property
    def class_archive(self) -> Path:
        """One archive per Java installation: another JVM cannot map it."""
        java = Path(java_binary())
        return self.folder / f"classes-{java.stat().st_mtime_ns:x}.jsa"

    @contextmanager
    def locked(self) -> Iterator[None]:
        with locked(self.folder.with_name(f"{self.folder.name}.lock")):
            yield


def java_binary() -> str:
    return os.path.realpath(_required("java", "a Java 17 runtime (Debian: openjdk-17-jre-headless)"))


def cached_distribution() -> KafkaDistribution:
    """The distribution of this user's cache, downloaded through Maven when it is not there."""
    return KafkaDistribution(make_once(cache_root() / f"kafka-{KAFKA_VERSION}", _make))


def _make(folder: Path) -> None:
    _download(folder / "libs")
    _format(folder)


def _download(libs: Path) -> None:
    maven = _required("mvn", "Maven (Debian: maven), which fetches Apache Kafka from Maven Central")
    with tempfile.TemporaryDirectory() as project:
        pom = shutil.copy(_POM, project)
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={libs}"]
        _run([maven, "-q", "-B", "-f", pom, *goal], timeout_seconds=300)


def _format(folder: Path) -> None:
    """Let StorageTool write the records that a fresh node starts from, and keep them."""
    with tempfile.TemporaryDirectory() as scratch:
        properties = Path(scratch, "server.properties")
        properties.write_text(_NODE_FOR_FORMAT.format(folder=f"{scratch}/node"))
        tool = ["kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", str(properties)]
        _run([java_binary(), "-cp", f"{folder}/libs/*", *tool], timeout_seconds=60)
        shutil.copy(f"{scratch}/node/bootstrap.checkpoint", folder)


def _required(program: str, what: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise RuntimeError(f"tests against a real Kafka need {what}: `{program}` is not on PATH")
    return found


def _run(command: list[str], timeout_seconds: float) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_seconds, check=False)
    if done.returncode != 0:
        output = f"{done.stdout}{done.stderr}".strip()
        raise RuntimeError(f"`{' '.join(command)}` ended with {done.returncode}:\n{output[-4000:]}")
