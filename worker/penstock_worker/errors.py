"""What can end the worker. Each error carries the reason that a user and the operator see."""

from penstock_worker.reasons import Reason


class Refused(Exception):  # noqa: N818 - a verdict on the user's set-up, not a fault of the program
    """The worker cannot go on: `reason` for machines, the message for people. Never holds a payload or a secret."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class SettingsRefused(Refused):
    """A settings file is missing, broken, or holds a key that this worker does not know."""

    def __init__(self, message: str, *, unknown_key: bool = False) -> None:
        super().__init__(Reason.WORKER_TOO_OLD if unknown_key else Reason.SETTINGS_REFUSED, message)
