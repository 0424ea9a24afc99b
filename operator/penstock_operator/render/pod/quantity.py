"""Quantities as the API server writes them back. Pure.

It turns `0.5` into `500m` and `1024Mi` into `1Gi`, and rounds what a container reserves up to thousandths; what is
wanted and what is found are compared as text, so what is wanted is written that way from the start.
"""

import re
from fractions import Fraction
from math import ceil
from typing import Final

_FORM: Final = re.compile(r"([0-9.]+)(?:([KMGTPE])i|([numkMGTPE])|[eE]([+-]?[0-9]+))?")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL: Final = {-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
_EXPONENT_OF: Final = {suffix: exponent for exponent, suffix in _DECIMAL.items()}

_BILLIONTH: Final = Fraction(1, 10**9)
_THOUSANDTH: Final = Fraction(1, 1000)
_GREATEST: Final = 2**63 - 1


def canonical(text: str) -> str:
    """A quantity that the resource allows, in the form of the API server: no fraction, the greatest suffix."""
    return _written(*_parse(text))


def canonical_reserve(text: str) -> str:
    """Likewise, of a request or a limit."""
    value, kind = _parse(text)
    return _written(_rounded_up(value, _THOUSANDTH), kind)


def value_of(text: str) -> Fraction:
    """In units: cores, bytes."""
    return _parse(text)[0]


def _written(value: Fraction, kind: str) -> str:
    if kind == "binary" and value >= 1024 and value.denominator == 1:
        return _binary(int(value))
    exponent = 18
    while value and (value / Fraction(10) ** exponent).denominator != 1:
        exponent -= 3
    exponent = exponent if value else 0
    return f"{value / Fraction(10) ** exponent}{_suffix(exponent, kind)}"


def _parse(text: str) -> tuple[Fraction, str]:
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError("not a quantity")
    number, binary, decimal, power = form.groups()
    if binary:
        return _bounded(Fraction(number.rstrip(".")) * 1024 ** _BINARY.index(f"{binary}i")), "binary"
    exponent = int(power) if power else _EXPONENT_OF[decimal or ""]
    return _bounded(Fraction(number.rstrip(".")) * Fraction(10) ** exponent), "exponent" if power else "decimal"


def _bounded(value: Fraction) -> Fraction:
    """Never above what 63 bits hold."""
    return min(_rounded_up(value, _BILLIONTH), Fraction(_GREATEST))


def _rounded_up(value: Fraction, step: Fraction) -> Fraction:
    return ceil(value / step) * step


def _binary(value: int) -> str:
    power = 0
    while value % 1024 == 0 and power < len(_BINARY) - 1:
        value, power = value // 1024, power + 1
    return f"{value}{_BINARY[power]}"


def _suffix(exponent: int, kind: str) -> str:
    if kind == "exponent":
        return f"e{exponent}" if exponent else ""
    return _DECIMAL[exponent]
