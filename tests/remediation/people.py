"""The people of a governed institution in front of their browsers."""

from django.test import Client

from opsportal.core.actor import Actor
from opsportal.institutions.models import User


def browser_of(actor: Actor, *, name: str = "") -> Client:
    """Return the browser of ``actor``, logged in; ``name`` is what they are called from now on."""
    user = User.objects.get(code=actor.id)
    if name:
        user.first_name, user.last_name = name, ""
        user.save(update_fields=["first_name", "last_name"])
    client = Client()
    client.force_login(user)
    return client
