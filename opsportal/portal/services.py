"""What people change about their own portal. Their taste is no event: nothing enters a ledger."""

from opsportal.core.errors import InvalidError
from opsportal.institutions.models import User


def theme_set(*, user: User, theme: str) -> None:
    """Show the portal and the admin to ``user`` in ``theme`` from now on; raise InvalidError for an unknown one."""
    if theme not in User.Theme.values:
        raise InvalidError("There is no such theme.", errors={"theme": [f"must be one of {User.Theme.values}"]})
    User.objects.filter(pk=user.pk).update(theme=theme)
