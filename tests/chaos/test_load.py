"""The load is seeded, and holds what makes a record hard to carry."""

from chaos.ledger import ID_HEADER
from chaos.load import Mix
from support.kafka.records import Record


def records(mix: Mix, count: int = 3000) -> list[Record]:
    return [mix.record(number) for number in range(count)]


def test_the_same_seed_makes_the_same_records() -> None:
    assert records(Mix(1), 50) == records(Mix(1), 50) != records(Mix(2), 50)


def test_a_record_does_not_depend_on_those_before_it() -> None:
    assert Mix(1).record(42) == records(Mix(1), 43)[42]


def test_every_record_carries_its_number() -> None:
    assert all(record.headers[0] == (ID_HEADER, b"%d" % number) for number, record in enumerate(records(Mix(1), 50)))


def test_the_mix_holds_every_hard_case() -> None:
    made = records(Mix(1))
    headers = [record.headers for record in made]
    names = [[name for name, _ in each] for each in headers]
    assert {None, b""} <= {record.key for record in made}
    assert {None, b""} <= {record.value for record in made}
    assert any(len(each) != len(set(each)) for each in names)
    assert any(value is None for each in headers for _, value in each)
    assert any(name.startswith("penstock-") for each in names for name in each)


def test_a_hot_key_takes_its_share() -> None:
    made = records(Mix(1, hot_share=700_000))
    assert 0.65 < sum(record.key == b"hot" for record in made) / len(made) < 0.75
