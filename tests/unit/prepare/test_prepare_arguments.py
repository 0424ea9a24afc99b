"""The pre-flight's command line, as the Job writes it."""

from datetime import UTC, datetime

import pytest

from penstock_worker.__main__ import parse_arguments


def test_a_remembered_subscription_is_a_time_with_its_zone() -> None:
    parsed = parse_arguments(["prepare", "--mode", "renew", "--subscribed-at", "2026-03-08T13:00:00.250+01:00"])

    assert parsed.subscribed_at == datetime(2026, 3, 8, 12, 0, 0, 250_000, tzinfo=UTC)


def test_nothing_is_remembered_of_a_new_group() -> None:
    assert parse_arguments(["prepare"]).subscribed_at is None


@pytest.mark.parametrize("text", ["yesterday", "2026-03-08T12:00:00", ""])
def test_a_time_that_is_none_is_refused_with_an_example(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["prepare", "--subscribed-at", text])

    assert "an RFC 3339 time, for example 2026-03-08T12:00:00Z" in capsys.readouterr().err
