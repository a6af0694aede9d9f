"""What the tests of every app's admin share: a browser, addresses, and counting queries."""

from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext

from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution, User
from tests.institutions.factories import institution_make, member_make
from tests.institutions.test_isolation import WORD, fill

Model = type[models.Model]


def browser(user: User) -> Client:
    """Return a browser in which ``user`` is logged in."""
    client = Client()
    client.force_login(user)
    return client


def master_of(institution: Institution, *, is_superuser: bool = False) -> Client:
    """Return a browser in the hands of a new super_admin of ``institution``."""
    user = member_make(institution, Role.SUPER_ADMIN).user
    if is_superuser:
        user.is_superuser = user.is_staff = True
        user.save()
    return browser(user)


def list_url(model: Model) -> str:
    """Return the address of the list of ``model``."""
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def row_url(model: Model, institution: Institution) -> str:
    """Return the address of a row of ``model`` in the scope of ``institution``."""
    with institution_scope(institution.pk):
        row = model._default_manager.order_by("pk").last()
        assert row is not None
        return f"{list_url(model)}{row.pk}/change/"


def act(client: Client, action: str, *rows: models.Model) -> str:
    """Do ``action`` to ``rows`` of one model; return the page that follows."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(list_url(type(rows[0])), chosen, follow=True).content.decode()


def fill_both(home: Institution) -> Institution:
    """Put something of everything into ``home``, with the word ``ours``, and into away, with ``zanzibarian``."""
    away = institution_make("away")
    for institution, word in ((home, "ours"), (away, WORD)):
        with institution_scope(institution.pk):
            fill(institution, word)
    return away


def assert_shows_here_only(client: Client, model: Model, here: Institution, away: Institution) -> None:
    """Check that the list and a row open, and that what was filled into ``away`` is in none of them."""
    for path in (list_url(model), row_url(model, here), f"{list_url(model)}?q={WORD[:-1]}"):
        page = client.get(path)
        assert page.status_code == 200
        assert WORD not in page.content.decode()
    alien = client.get(row_url(model, away), follow=True)
    assert alien.redirect_chain
    assert WORD not in alien.content.decode()


def assert_refused(client: Client, *paths: str) -> None:
    """Check that none of the pages opens."""
    for path in paths:
        assert client.get(path, follow=True).status_code == 403, path


def assert_reads_only(client: Client, model: Model, institution: Institution) -> None:
    """Check that rows are neither added, changed nor deleted here, whatever is posted."""
    row = row_url(model, institution)
    with institution_scope(institution.pk):
        before = list(model._default_manager.order_by("pk").values())
    for path in (f"{list_url(model)}add/", row, row.replace("/change/", "/delete/")):
        assert client.post(path, {"post": "yes", "name": "x", "state": "ok"}).status_code == 403, path
    client.post(list_url(model), {"action": "delete_selected", "_selected_action": [before[-1]["id"]], "post": "yes"})
    with institution_scope(institution.pk):
        assert list(model._default_manager.order_by("pk").values()) == before


def queries_of(client: Client, path: str) -> int:
    """Return how many queries a page costs."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)
