"""Wiring: the command line, and what its end means to the shell."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    try:
        from penstock.exits import exit_code_of  # noqa: PLC0415 - Ctrl-C may come while it is imported

        sys.exit(exit_code_of(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
