"""The command line of a broker's JVM."""

from pathlib import Path
from typing import Literal

from support.kafka.distribution import KafkaDistribution, java_binary

Jvm = Literal["quick", "full"]

_FLAGS: dict[Jvm, tuple[str, ...]] = {
    # `quick` starts and stops soonest: no second compiler, no concurrent collector. `full` is what a real broker runs.
    "quick": ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m"),
    "full": ("-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35", "-Xmx1g"),
}
_LOG_FLAGS = (
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn",  # every start would list every setting
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.clients=warn",
)


def broker_command(distribution: KafkaDistribution, jvm: Jvm, *extra_flags: str) -> list[str]:
    """Everything but the properties file."""
    flags = (*_FLAGS[jvm], *_LOG_FLAGS, "-Xlog:cds=off", "-Xlog:cds+dynamic=off", *extra_flags)
    return [java_binary(), *flags, "-cp", distribution.class_path, "kafka.Kafka"]


def archive_flags(distribution: KafkaDistribution) -> tuple[str, ...]:
    """Use the class-data archive where there is one."""
    archive = distribution.class_archive
    return (f"-XX:SharedArchiveFile={archive}", "-Xshare:auto") if archive.exists() else ()


def hosts_flags(hosts_file: Path) -> tuple[str, ...]:
    """Names come from this file alone.

    A SASL listener asks for the name of its own address with each connection; where no DNS server answers, as in a
    network namespace, that takes ten seconds.
    """
    return (f"-Djdk.net.hosts.file={hosts_file}",)
