"""What may go wrong, by name. A code is for programs, the message for people."""


class OpsError(Exception):
    """Anything that this program says no to; ``code`` is upper case with underscores."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class RefusedError(OpsError):
    """Not done, by a rule of this machine: nothing was begun."""


class FailedError(OpsError):
    """Tried, and it did not work."""


class SetupError(OpsError):
    """The machine is not set up so that it can work; for the terminal."""

    def __init__(self, message: str) -> None:
        super().__init__("SETUP", message)


class JournalError(OpsError):
    """The journal is not what was written into it."""

    def __init__(self, message: str) -> None:
        super().__init__("JOURNAL_BROKEN", message)


class UnreachableError(OpsError):
    """The portal did not answer, or not with sense: try again later, after ``retry_seconds`` if it named them."""

    def __init__(self, message: str, retry_seconds: float | None = None) -> None:
        super().__init__("UNREACHABLE", message)
        self.retry_seconds = retry_seconds


class RejectedError(OpsError):
    """The portal answered no; ``status`` is of HTTP."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status = status
