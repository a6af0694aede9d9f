"""One browser's socket: who may open it, what it is told, when it ends."""

from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution, User
from opsportal.institutions.selectors import Access
from opsportal.institutions.services import member_remove, member_roles_set
from opsportal.portal.live import consumer, threads
from opsportal.portal.live.batch import Batch
from opsportal.portal.live.doorkeeper import doors_check
from opsportal.portal.live.feed import events_since, grounds_now
from opsportal.portal.live.hub import WAITING_BATCHES, Hub
from opsportal.portal.live.sockets import sockets
from opsportal.portal.live.threads import in_thread
from opsportal.portal.live.topics import topics_of_apps
from tests.institutions.factories import institution_make, member_make
from tests.lab.socket import Socket
from tests.ledger.factories import append

pytestmark = pytest.mark.django_db(transaction=True)
FROM_HERE = [(b"host", b"localhost:8000"), (b"origin", b"http://localhost:8000")]
TOPICS = topics_of_apps()


class Lab:
    """A hub, its sockets, and a hand that plays the relay."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.app = sockets(self.hub, TOPICS)
        self.opened: list[Socket] = []

    async def open(
        self, cookie: str = "", path: str = "/ws/i/home/", headers: list[tuple[bytes, bytes]] | None = None
    ) -> Socket:
        """Begin to open a socket."""
        sent = [*(FROM_HERE if headers is None else headers), (b"cookie", f"sessionid={cookie}".encode())]
        socket = Socket(self.app, path, sent)
        self.opened.append(socket)
        return socket

    async def listen(self, access: Access, query: str = "") -> Socket:
        """Open a socket of somebody who may."""
        socket = await self.open(await login(access.user), f"/ws/i/home/{query}")
        assert await socket.connect()
        return socket

    async def append(self, institution: Institution, count: int = 1) -> None:
        """Append entries, and publish them as the relay does."""
        stands, _ = await in_thread(events_since, institution.pk, 0, 0)
        await in_thread(partial(append, count=count), institution.pk)
        await self.publish_after(institution, stands)

    async def publish_after(self, institution: Institution, seq: int) -> None:
        """Publish everything after ``seq``."""
        _, events = await in_thread(events_since, institution.pk, seq, 1000)
        self.hub.publish(institution.pk, Batch(events, TOPICS))


async def login(user: User) -> str:
    """Return the session key of a new session."""

    def enter() -> str:
        client = Client()
        client.force_login(user)
        return str(client.cookies["sessionid"].value)

    return str(await in_thread(enter))


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """SQLite in memory lets two threads at one table only one after the other, and says so with an error."""
    with ThreadPoolExecutor(1) as one:
        monkeypatch.setattr(threads, "_threads", one)
        yield


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    made = Lab()
    yield made
    for socket in made.opened:
        await socket.leave()
    assert made.hub.size == 0


@pytest.fixture
def home() -> Institution:
    return institution_make("home")


@pytest.fixture
def lead(home: Institution) -> Access:
    return member_make(home, Role.OPS_LEAD)


async def test_it_tells_where_the_ledger_stands_and_then_what_comes(lab: Lab, home: Institution, lead: Access) -> None:
    await in_thread(partial(append, count=3), home.pk)
    socket = await lab.listen(lead)
    assert await socket.hear() == [{"seq": 3}]
    await lab.append(home, 2)
    changed = {"kind": "SCENARIO_CHANGED", "topic": "scenarios", "subject": "scenario:desk.api"}
    assert await socket.hear() == [{"seq": 4, **changed}, {"seq": 5, **changed}]


async def test_who_may_not_see_a_topic_learns_the_seq_only(lab: Lab, home: Institution) -> None:
    owner = await in_thread(member_make, home, Role.OWNER)
    socket = await lab.listen(owner, "?since=0")
    await lab.append(home)
    assert await socket.hear() == [{"seq": 1}]


async def test_a_reader_that_comes_back_is_told_what_it_missed_and_nothing_twice(
    lab: Lab, home: Institution, lead: Access
) -> None:
    await in_thread(partial(append, count=5), home.pk)
    socket = await lab.listen(lead, "?since=3")
    assert [event["seq"] for event in await socket.hear()] == [4, 5]
    await lab.publish_after(home, 2)  # the relay is late
    await lab.append(home)
    assert [event["seq"] for event in await socket.hear()] == [6]


async def test_a_gap_is_filled_from_the_table(lab: Lab, home: Institution, lead: Access) -> None:
    socket = await lab.listen(lead, "?since=0")
    await lab.append(home)
    assert [event["seq"] for event in await socket.hear()] == [1]
    await in_thread(partial(append, count=2), home.pk)  # the relay missed these
    await lab.append(home)
    assert [event["seq"] for event in await socket.hear()] == [2, 3, 4]


async def test_what_overlaps_is_told_once(lab: Lab, home: Institution, lead: Access) -> None:
    await in_thread(partial(append, count=2), home.pk)
    socket = await lab.listen(lead, "?since=0")
    assert [event["seq"] for event in await socket.hear()] == [1, 2]
    await in_thread(partial(append, count=2), home.pk)
    await lab.publish_after(home, 1)
    assert [event["seq"] for event in await socket.hear()] == [3, 4]


async def test_a_reader_far_behind_is_told_to_reload(
    lab: Lab, home: Institution, lead: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "BACKLOG", 3)
    await in_thread(partial(append, count=4), home.pk)
    assert await (await lab.listen(lead, "?since=0")).hear() == [{"seq": 4, "resync": True}]
    assert [event["seq"] for event in await (await lab.listen(lead, "?since=1")).hear()] == [2, 3, 4]


async def test_a_reader_ahead_of_the_ledger_is_told_to_reload(lab: Lab, home: Institution, lead: Access) -> None:
    await in_thread(partial(append, count=2), home.pk)
    assert await (await lab.listen(lead, "?since=99")).hear() == [{"seq": 2, "resync": True}]


@pytest.mark.parametrize("since", ["", "x", "-1", "9" * 40, "1e3", "²"])
async def test_a_since_that_is_no_number_counts_as_none(lab: Lab, lead: Access, since: str) -> None:
    assert await (await lab.listen(lead, f"?since={since}")).hear() == [{"seq": 0}]


async def test_a_queue_that_overflows_is_made_good_from_the_table(lab: Lab, home: Institution, lead: Access) -> None:
    socket = await lab.listen(lead)
    assert await socket.hear() == [{"seq": 0}]
    await in_thread(partial(append, count=WAITING_BATCHES + 5), home.pk)
    _, events = await in_thread(events_since, home.pk, 0, 1000)
    for event in events:  # no turn of the loop in between: the reader cannot keep up
        lab.hub.publish(home.pk, Batch([event], TOPICS))
    assert [event["seq"] for event in await socket.hear()] == [event.seq for event in events]


async def test_what_the_client_says_is_ignored(lab: Lab, home: Institution, lead: Access) -> None:
    socket = await lab.listen(lead)
    assert await socket.hear() == [{"seq": 0}]
    await socket.say(text='{"subscribe": "everything"}')
    await socket.say(bytes=b"\x00")
    await lab.append(home)
    assert [event["seq"] for event in await socket.hear()] == [1]


async def test_institutions_hear_nothing_of_each_other(lab: Lab, home: Institution, lead: Access) -> None:
    away = await in_thread(institution_make, "away")
    socket = await lab.listen(lead)
    assert await socket.hear() == [{"seq": 0}]
    await lab.append(away, 3)
    await lab.append(home)
    assert [event["seq"] for event in await socket.hear()] == [1]


async def test_nobody_is_told_without_a_session(lab: Lab, home: Institution) -> None:
    for cookie in ("", "no-such-session"):
        socket = await lab.open(cookie)
        assert await socket.connect()
        assert await socket.closed_with() == 4401


async def test_elsewhere_unknown_and_inactive_cannot_be_told_apart(lab: Lab, home: Institution, lead: Access) -> None:
    def prepare() -> User:
        institution_make("away")
        gone = member_make(home, Role.TECHNICIAN)
        with institution_scope(home.pk):
            type(gone.member).objects.filter(pk=gone.member.pk).update(is_active=False)
        return gone.user

    cookies = [await login(lead.user), await login(await in_thread(prepare))]
    for cookie, slug in [(cookies[0], "away"), (cookies[0], "nowhere"), (cookies[1], "home")]:
        socket = await lab.open(cookie, f"/ws/i/{slug}/")
        assert await socket.connect()
        assert await socket.closed_with() == 4404


async def test_a_member_who_is_removed_hears_nothing_more(lab: Lab, home: Institution, lead: Access) -> None:
    master = await in_thread(member_make, home, Role.SUPER_ADMIN)
    socket = await lab.listen(lead)
    assert await socket.hear() == [{"seq": 0}]

    def remove() -> None:
        with institution_scope(home.pk):
            member_remove(member=lead.member, actor=master.actor)

    await in_thread(remove)
    await lab.publish_after(home, 0)
    assert await socket.closed_with() == 4404


async def test_a_member_whose_roles_change_is_told_accordingly_from_then_on(
    lab: Lab, home: Institution, lead: Access
) -> None:
    master = await in_thread(member_make, home, Role.SUPER_ADMIN, Role.EXECUTIVE_ADMIN)
    socket = await lab.listen(lead)
    assert await socket.hear() == [{"seq": 0}]

    def change() -> None:
        with institution_scope(home.pk):
            member_roles_set(member=lead.member, roles={Role.EXECUTIVE_ADMIN}, actor=master.actor)
        append(home.pk)

    await in_thread(change)
    await lab.publish_after(home, 0)
    assert await socket.hear() == [{"seq": 1}, {"seq": 2}]


def log_out(lead: Access) -> None:
    Session.objects.all().delete()


def let_the_session_run_out(lead: Access) -> None:
    Session.objects.update(expire_date=timezone.now())


def change_the_password(lead: Access) -> None:
    lead.user.set_password("another horse battery")
    lead.user.save()


def make_inactive(lead: Access) -> None:
    User.objects.filter(pk=lead.user.pk).update(is_active=False)


@pytest.mark.parametrize("change", [log_out, let_the_session_run_out, change_the_password, make_inactive])
async def test_a_socket_ends_with_what_it_rested_on(
    lab: Lab, home: Institution, lead: Access, change: Callable[[Access], None]
) -> None:
    socket = await lab.listen(lead)
    assert await socket.hear() == [{"seq": 0}]
    await in_thread(change, lead)
    await doors_check(lab.hub)
    assert await socket.closed_with() == 4401


async def test_a_session_that_goes_on_keeps_its_socket_and_misses_nothing(
    lab: Lab, home: Institution, lead: Access
) -> None:
    socket = await lab.listen(lead)
    assert await socket.hear() == [{"seq": 0}]

    def look_around() -> None:
        session = Session.objects.get()
        session.session_data = SessionStore().encode({**session.get_decoded(), "seen": 1})
        session.save()

    await doors_check(lab.hub)
    await in_thread(look_around)
    await doors_check(lab.hub)
    await lab.append(home)
    assert [event["seq"] for event in await socket.hear()] == [1]


async def test_the_doors_of_many_cost_few_queries(lab: Lab, home: Institution, lead: Access) -> None:
    people = [await in_thread(partial(member_make, home, Role.NOC, username=f"noc{number}")) for number in range(5)]
    for person in people:
        await (await lab.listen(person)).hear()
    listeners = [(one.listener.session_key, one.listener.user_id) for one in lab.hub.subscriptions()]

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert grounds_now(listeners) == {
                (one.listener.session_key, one.listener.user_id): one.listener.grounds
                for one in lab.hub.subscriptions()
            }
        return len(queries)

    assert await in_thread(count) == 2


@pytest.mark.parametrize(
    "origin",
    [b"http://evil.example", b"http://localhost:9999", b"null", b"https://localhost", b"http://localhost:8000@evil"],
)
async def test_pages_of_other_sites_cannot_open_a_socket(lab: Lab, lead: Access, origin: bytes) -> None:
    headers = [(b"host", b"localhost:8000"), (b"origin", origin)]
    socket = await lab.open(await login(lead.user), headers=headers)
    assert not await socket.connect()


async def test_a_host_that_is_not_ours_cannot_be_asked(lab: Lab, lead: Access) -> None:
    headers = [(b"host", b"evil.example"), (b"origin", b"http://evil.example")]
    socket = await lab.open(await login(lead.user), headers=headers)
    assert not await socket.connect()


async def test_there_is_no_other_socket(lab: Lab, lead: Access) -> None:
    for path in ("/ws/i/home", "/ws/", "/", "/ws/i/Home/", "/ws/i/home/../away/"):
        socket = await lab.open(await login(lead.user), path)
        assert not await socket.connect()
