"""How large a record the output topics take, and whether the topics can keep what was acknowledged."""

from penstock_worker.admin import Admin
from penstock_worker.prepare.findings import Topic, Topics
from penstock_worker.prepare.result import Result
from penstock_worker.prepare.topics import SAFE_REPLICATION
from penstock_worker.topic_limits import TopicLimits, fetch_limits

SAFE_IN_SYNC = 2


def check_sizes(admin: Admin, topics: Topics, result: Result) -> None:
    if admin.settings.trying_only:
        result.skipped.append("size limits and durability: the embedded broker keeps no configuration")
        return
    limits = {topic.name: fetch_limits(admin, topic.name) for topic in topics.distinct()}
    for topic in topics.distinct():
        result.warnings += durability_warnings(topic, limits[topic.name])
        if limits[topic.name] is None:
            result.skipped.append(f"size limit and durability of topic {topic.name}: not authorised to read them")
    output, error = limits[topics.output.name], limits[topics.error.name]
    result.output_max_message_bytes = output.max_message_bytes if output else None
    result.error_max_message_bytes = error.max_message_bytes if error else None


def durability_warnings(topic: Topic, limits: TopicLimits | None) -> list[str]:
    """Pure: what could lose acknowledged records of this topic."""
    warnings = []
    if topic.replication_factor is not None and topic.replication_factor < SAFE_REPLICATION:
        warnings.append(
            f"topic {topic.name} has {topic.replication_factor} replica(s): a lost broker can lose acknowledged "
            f"records; {SAFE_REPLICATION} are safe"
        )
    elif limits and limits.min_in_sync_replicas < SAFE_IN_SYNC:
        warnings.append(
            f"topic {topic.name} has min.insync.replicas={limits.min_in_sync_replicas}: a record may be "
            f"acknowledged by one broker alone; {SAFE_IN_SYNC} is safe"
        )
    if limits and limits.unclean_election:
        warnings.append(
            f"topic {topic.name} has unclean.leader.election.enable=true: a lagging replica may become leader and drop "
            "acknowledged records"
        )
    return warnings
