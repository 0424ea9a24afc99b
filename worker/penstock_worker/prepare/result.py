"""What the pre-flight found: one JSON line, on stdout and in the pod's termination message. The operator reads it."""

import json
import logging
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from penstock_worker.core.starts import format_time
from penstock_worker.errors import Refused
from penstock_worker.reasons import Reason

MAX_RESULT_BYTES = 4096  # Kubernetes cuts a termination message there
MAX_MESSAGE_CHARACTERS = 512
MAX_NOTE_CHARACTERS = 256
PREPARED = "Prepared"
LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Result:
    """Filled step by step, so that a refusal still tells what was found before it."""

    reason: Reason | None = None  # None: all is well
    message: str = ""
    input_partitions: int | None = None
    output_max_message_bytes: int | None = None
    error_max_message_bytes: int | None = None
    subscribed_at: datetime | None = None
    topic_id: str | None = None
    group_resumed: bool = False
    warnings: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def refuse(self, refused: Refused) -> None:
        self.reason, self.message = refused.reason, str(refused)

    def publish(self, file: Path | None) -> int:
        """Onto stdout and into the file; the exit code."""
        line = self.line() + "\n"
        sys.stdout.write(line)
        sys.stdout.flush()
        try:
            if file:
                file.write_text(line)
        except OSError as error:
            LOG.warning("the result file could not be written", extra={"file": str(file), "cause": error.strerror})
        return self.exit_code

    @property
    def exit_code(self) -> int:
        return self.reason.exit_code if self.reason else 0

    def line(self) -> str:
        """At most `MAX_RESULT_BYTES`; notes give way first, the last ones before the first."""
        notes = [("warnings", _cut(note, MAX_NOTE_CHARACTERS)) for note in self.warnings]
        notes += [("skipped", _cut(note, MAX_NOTE_CHARACTERS)) for note in self.skipped]
        for kept in range(len(notes), -1, -1):
            line = self._line(notes[:kept], left_out=len(notes) - kept)
            if len(line.encode()) <= MAX_RESULT_BYTES:
                break
        return line

    def _line(self, notes: list[tuple[str, str]], *, left_out: int) -> str:
        warnings = [note for kind, note in notes if kind == "warnings"]
        if left_out:
            warnings.append(f"{left_out} more notes do not fit here")
        fields = {
            "reason": self.reason.text if self.reason else PREPARED,
            "message": _cut(self.message, MAX_MESSAGE_CHARACTERS),
            "inputPartitions": self.input_partitions,
            "outputMaxMessageBytes": self.output_max_message_bytes,
            "errorMaxMessageBytes": self.error_max_message_bytes,
            "subscribedAt": format_time(self.subscribed_at) if self.subscribed_at else None,
            "topicId": self.topic_id,
            "groupResumed": self.group_resumed,
            "warnings": warnings,
            "skipped": [note for kind, note in notes if kind == "skipped"],
        }
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def publish_refusal(refused: Refused, file: Path | None) -> int:
    """For settings that could not even be read: the operator looks for a result all the same. The exit code."""
    result = Result()
    result.refuse(refused)
    return result.publish(file)


def _cut(text: str, characters: int) -> str:
    text = text.encode(errors="replace").decode()  # a file name of the user's may hold what UTF-8 cannot
    return text if len(text) <= characters else text[: characters - 1] + "…"
