"""Members who call the API with a token, as programs do."""

import json
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test import Client
from django.test.client import ClientHandler
from django.test.utils import CaptureQueriesContext

from opsportal.core.actor import SYSTEM
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from opsportal.institutions.selectors import Access
from opsportal.institutions.services import token_create
from tests.institutions.factories import member_make

AGENTS = "/api/v1/agents/"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a token. ``get`` and ``post`` take what follows ``/api/v1/agents/``, or a whole address."""

    access: Access
    token: str

    def get(self, address: str, query: dict[str, Any] | None = None, **headers: str) -> "Answer":
        """Return what GET answers."""
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        return Answer(_client().get(_whole(address), query, headers=sent))

    def post(self, address: str, body: object = None, **headers: str) -> "Answer":
        """Return what POST answers; no body unless one is given."""
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        text = "" if body is None else json.dumps(body)
        return Answer(_client().post(_whole(address), text, "application/json", headers=sent))


class Answer:
    """A status and, if there is any, the JSON that came with it."""

    def __init__(self, response: Any) -> None:  # the test client adds to what a view returned
        self.response = response
        self.status = response.status_code
        is_json = response.headers.get("Content-Type", "").endswith("json") and not response.streaming
        self.json: Any = json.loads(response.content) if is_json else None

    @property
    def rows(self) -> list[Any]:
        """The rows of a list."""
        assert self.status == 200, self.json
        return list(self.json["results"])

    @property
    def refusal(self) -> tuple[int, str, list[str]]:
        """The status, the code and the fields of a problem."""
        assert self.response.headers["Content-Type"] == "application/problem+json"
        return self.status, self.json["code"], list(self.json.get("errors", {}))


def caller_make(institution: Institution, *roles: Role, username: str = "") -> Caller:
    """Make a member with ``roles`` and a token."""
    access = member_make(institution, *roles, username=username)
    return Caller(access, token_create(member=access.member, name="test", days=1, actor=SYSTEM).text)


def anonymous(address: str, body: object = None, method: str = "GET", **headers: str) -> Answer:
    """Return what a stranger is answered."""
    text = b"" if body is None else json.dumps(body).encode()
    return Answer(_client().generic(method, _whole(address), text, "application/json", headers=headers))


def cost(caller: Caller, address: str) -> int:
    """Return how many statements a list costs; the first call, which notes that the token is in use, is not counted."""
    caller.get(address)
    with CaptureQueriesContext(connection) as statements:
        assert caller.get(address).status == 200
    return len(statements)


_HANDLER = ClientHandler(enforce_csrf_checks=True)


def _client() -> Client:
    """Return a client without cookies; all share the middleware, which takes a while to load."""
    client = Client()
    client.handler = _HANDLER
    return client


def _whole(address: str) -> str:
    return address if address.startswith(("/", "http")) else f"{AGENTS}{address}"
