"""Starts the worker with what a test cannot have otherwise: a name with several addresses, or a defect.

`python -m chaos.launch [--resolve NAME=ADDRESS,ADDRESS] [--mutant MUTANT] -- run --config-dir ...`. A scenario that
needs neither starts the worker itself.
"""

import argparse
import sys

from chaos.mutants import MUTANTS
from penstock_worker import __main__ as worker
from penstock_worker.transports import http1
from penstock_worker.transports.resolve import Target, resolve


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--resolve", default="")
    parser.add_argument("--mutant", default="", choices=["", *MUTANTS])
    parser.add_argument("arguments", nargs="+")
    chosen = parser.parse_args()
    if chosen.resolve:
        answer_name(chosen.resolve)
    if chosen.mutant:
        MUTANTS[chosen.mutant]()
    sys.argv = ["penstock-worker", *chosen.arguments]
    sys.exit(worker.main())


def answer_name(entry: str) -> None:
    """Stand in for the name service, for one name; everything else is resolved as ever."""
    name, _, addresses = entry.partition("=")

    async def resolved(target: Target) -> list[str]:
        return addresses.split(",") if target.host == name else await resolve(target)

    http1.resolve = resolved  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
