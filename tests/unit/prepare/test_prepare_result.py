"""The one line that the operator reads from a termination message."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_worker.errors import Refused, SettingsRefused
from penstock_worker.prepare.result import MAX_RESULT_BYTES, Result, publish_refusal
from penstock_worker.reasons import Reason

NOTES = st.lists(st.text(max_size=600), max_size=60)


def test_a_result_is_the_documented_json() -> None:
    result = Result(
        message="reading every retained record",
        input_partitions=12,
        output_max_message_bytes=1_048_588,
        error_max_message_bytes=2_000_000,
        subscribed_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        topic_id="VPOHWZlmRXWX00DElg1HYQ",
        group_resumed=True,
        warnings=["w"],
        skipped=["s"],
    )
    assert json.loads(result.line()) == {
        "reason": "Prepared",
        "message": "reading every retained record",
        "inputPartitions": 12,
        "outputMaxMessageBytes": 1_048_588,
        "errorMaxMessageBytes": 2_000_000,
        "subscribedAt": "2026-03-01T12:00:00.000Z",
        "topicId": "VPOHWZlmRXWX00DElg1HYQ",
        "groupResumed": True,
        "warnings": ["w"],
        "skipped": ["s"],
    }
    assert result.exit_code == 0


def test_a_refusal_keeps_what_was_found_before_it() -> None:
    result = Result(input_partitions=3)
    result.refuse(Refused(Reason.GROUP_IN_USE, "members"))
    line = json.loads(result.line())
    assert (line["reason"], line["message"], line["inputPartitions"]) == ("GroupInUse", "members", 3)
    assert result.exit_code == Reason.GROUP_IN_USE.exit_code


def test_text_that_utf8_cannot_hold_costs_no_result() -> None:
    assert json.loads(Result(message="file \udcff").line())["message"] == "file ?"


@given(message=st.text(max_size=5000), warnings=NOTES, skipped=NOTES)
def test_any_result_is_one_line_that_kubernetes_does_not_cut(
    message: str, warnings: list[str], skipped: list[str]
) -> None:
    line = Result(message=message, warnings=warnings, skipped=skipped).line()
    assert "\n" not in line
    assert len(line.encode()) + 1 <= MAX_RESULT_BYTES
    read = json.loads(line)
    left_out = len(warnings) + len(skipped) - len(read["warnings"]) - len(read["skipped"])
    assert left_out in {0, int(read["warnings"][-1].split()[0]) - 1 if read["warnings"] and left_out else 0}


def test_a_result_is_published_to_both_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "termination-log"
    assert Result(reason=Reason.TOPIC_MISSING, message="m").publish(file) == 7
    assert file.read_text() == capsys.readouterr().out
    assert json.loads(file.read_text())["reason"] == "TopicMissing"


def test_settings_that_cannot_be_read_leave_a_result_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "termination-log"
    assert publish_refusal(SettingsRefused("kafka.json: x: extra", unknown_key=True), file) == 11
    assert json.loads(file.read_text())["reason"] == "WorkerTooOld"
    assert capsys.readouterr().out == file.read_text()


def test_a_file_that_cannot_be_written_costs_neither_line_nor_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Result(message="m").publish(tmp_path / "no-such-folder" / "file") == 0
    assert json.loads(capsys.readouterr().out)["message"] == "m"
