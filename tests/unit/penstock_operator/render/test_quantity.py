"""Quantities in the form that the API server gives back."""

from fractions import Fraction

import pytest

from penstock_operator.render.pod.quantity import canonical, canonical_reserve, value_of


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0", "0"),
        ("0.0", "0"),
        ("0Gi", "0"),
        ("1", "1"),
        ("0.5", "500m"),
        (".5", "500m"),
        ("5.", "5"),
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("100m", "100m"),
        ("1000k", "1M"),
        ("1500M", "1500M"),
        ("1024", "1024"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("2Gi", "2Gi"),
        ("0.5Ki", "512"),
        ("1000Ki", "1000Ki"),
        ("1e3", "1e3"),
        ("12E2", "1200"),
        ("1e-3", "1e-3"),
        ("0.1n", "1n"),
        ("1.0001Ki", "1024102400u"),
        ("99999999999E", "9223372036854775807"),
    ],
)
def test_a_quantity_is_written_as_the_api_server_writes_it(given: str, kept: str) -> None:
    assert canonical(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"), [("1u", "1m"), ("1500u", "2m"), ("1.0001Ki", "1024103m"), ("0.5", "500m"), ("1Gi", "1Gi")]
)
def test_what_is_reserved_is_rounded_up_to_thousandths(given: str, kept: str) -> None:
    assert canonical_reserve(given) == kept


def test_a_quantity_has_a_value_in_its_unit() -> None:
    assert value_of("1500m") == Fraction(3, 2)
    assert value_of("1Mi") == 1_048_576


def test_what_is_no_quantity_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        canonical("much")
