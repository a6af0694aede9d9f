"""Every refusal a service can raise, with the HTTP status and code it becomes.

Services raise these and never import HTTP; ``opsportal.core.http`` renders them.
"""

from collections.abc import Mapping, Sequence


class DomainError(Exception):
    """A refusal with a reason. ``status`` and ``code`` are what the API answers."""

    status = 400
    code = "BAD_REQUEST"
    title = "The request cannot be carried out"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: Mapping[str, Sequence[str]] | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.errors = {name: list(messages) for name, messages in (errors or {}).items()}
        self.retry_after_seconds = retry_after_seconds


class UnparsableError(DomainError):
    """The body or a parameter is not of the form that was asked for."""

    status, code, title = 400, "UNPARSABLE", "The request could not be read"


class NotAuthenticatedError(DomainError):
    """No valid credentials came with the request."""

    status, code, title = 401, "NOT_AUTHENTICATED", "Authentication is required"


class RefusedError(DomainError):
    """The actor may not do this."""

    status, code, title = 403, "RBAC_DENIED", "You may not do this"


class NotFoundError(DomainError):
    """Nothing there, or not yours: the two are not told apart."""

    status, code, title = 404, "NOT_FOUND", "Not found"


class ConflictError(DomainError):
    """The object is in a state that does not allow this."""

    status, code, title = 409, "CONFLICT", "The state has changed"


class ExpiredError(DomainError):
    """It was allowed, but its time has passed."""

    status, code, title = 410, "EXPIRED", "This has expired"


class InvalidError(DomainError):
    """A field is wrong; ``errors`` names it."""

    status, code, title = 422, "INVALID", "A field is wrong"


class FrozenInstitutionError(DomainError):
    """The institution is frozen or read-only."""

    status, code, title = 423, "FROZEN", "Changes are frozen"


class ThrottledError(DomainError):
    """Too many requests; ``retry_after_seconds`` says when to come back."""

    status, code, title = 429, "THROTTLED", "Too many requests"


class StoppedError(DomainError):
    """Emergency stop, safe mode, or a part that is down."""

    status, code, title = 503, "STOPPED", "Not available"
