"""People who open pages, for the tests of every page."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from tests.institutions.factories import member_make

HTMX = {"HX-Request": "true"}


def visitor(institution: Institution, *roles: Role, username: str = "") -> Client:
    """Return the browser of a new member with ``roles``."""
    client = Client()
    client.force_login(member_make(institution, *roles, username=username).user)
    return client


def seen(client: Client, path: str, *, status: int = 200) -> str:
    """Open a page and return its HTML."""
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def pressed(client: Client, path: str, target: str = "", **fields: str | list[str]) -> str:
    """Press an htmx button whose answer goes into the element ``target``; return the answer."""
    answer = client.post(path, fields, headers={**HTMX, **({"HX-Target": target} if target else {})})
    assert answer.status_code == 200, (path, answer.content)
    return answer.content.decode()


def cost(client: Client, path: str) -> int:
    """Return how many queries a page costs, once what a process keeps has been read."""
    seen(client, path)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        seen(client, path)
    return len(queries)
