"""`python -m bench.micro`: the price of each piece of the worker's hot path, and of its alternatives."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.micro import http_pieces, json_pieces, kafka_pieces, python_pieces
from bench.micro.stopwatch import Finding


def main() -> None:
    table = Table("piece", "variant", "ns")
    pieces = (kafka_pieces, http_pieces, json_pieces, python_pieces)
    groups: dict[str, list[Finding]] = {}
    for piece in pieces:
        for finding in piece.findings():
            groups.setdefault(finding.piece, []).append(finding)
    for group in groups.values():
        _add(table, group)
        table.add_section()
    Console(width=110).print(table)


def _add(table: Table, group: list[Finding]) -> None:
    for row, finding in enumerate(group):
        table.add_row("" if row else finding.piece, escape(finding.variant), f"{finding.nanoseconds:,.0f}")


if __name__ == "__main__":
    main()
