"""What ends a command early: the exit code for scripts, the message for people. Never holds a payload or a secret."""

WRONG_USE = 2  # as click, argparse and the worker's `SettingsRefused`
NOT_DRAINED = 1


class Failed(Exception):  # noqa: N818 - an end of the command, not always an error
    """The command cannot go on. The message names what was found and what to do."""

    def __init__(self, exit_code: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Interrupted(Failed):
    """Ctrl-C or SIGTERM before there was anything to drain."""

    def __init__(self) -> None:
        super().__init__(130, "interrupted")
