"""Reads of threads and inboxes."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from agents.models import InboxCount, Message, Thread
from opsportal.core.errors import NotFoundError
from opsportal.core.pages import SIZE, Page, page_fetch
from opsportal.core.scope import institution_id_current


def inbox_page(
    inboxes: Sequence[str], *, is_done: bool = False, cursor: str = "", needle: str = "", size: int = SIZE
) -> Page[Message]:
    """Return a page of the messages in ``inboxes``, waiting or done, newest first, that contain ``needle``.

    Two queries whatever the size of the table. Raises UnparsableError on a cursor of another list.
    """

    def fetch(*, beyond: int | None, is_backward: bool, limit: int) -> list[Message]:
        ids = _inbox_ids(inboxes, is_done=is_done, needle=needle, beyond=beyond, is_backward=is_backward, limit=limit)
        rows = Message.objects.filter(pk__in=ids).select_related("thread", "acked_by")
        return list(rows.order_by("pk" if is_backward else "-pk")) if ids else []

    label = f"inbox:{','.join(inboxes)}:{is_done}:{needle}"
    return page_fetch(fetch, model=Message, label=label, cursor=cursor, size=size)


def _inbox_ids(
    inboxes: Sequence[str], *, is_done: bool, needle: str, beyond: int | None, is_backward: bool, limit: int
) -> list[int]:
    """Read one index range per inbox, joined by UNION ALL.

    An ``IN`` over the inboxes makes PostgreSQL walk the primary key backwards when only few rows match.
    Django cannot put LIMIT inside a union on SQLite, hence the SQL.
    """
    if not inboxes:
        return []
    order = "ASC" if is_backward else "DESC"
    edge = beyond if beyond is not None else 2**63 - 1
    branch = (
        "SELECT * FROM (SELECT id FROM agents_message"  # noqa: S608  only fixed words are put in
        " WHERE institution_id = %s AND inbox = %s AND requires_human"
        f" AND acked_at {'IS NOT NULL' if is_done else 'IS NULL'} AND id {'>' if is_backward else '<'} %s"
        f"{_CONTAINS if needle else ''} ORDER BY id {order} LIMIT %s) AS branch"
    )
    institution = Message._meta.get_field("institution").get_db_prep_value(institution_id_current(), connection)
    words = [f"%{_escaped(needle.lower())}%"] if needle else []
    parameters = [value for inbox in inboxes for value in (institution, inbox, edge, *words, limit)]
    statement = " UNION ALL ".join([branch] * len(inboxes)) + f" ORDER BY id {order} LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, limit])
        return [row[0] for row in cursor.fetchall()]


_CONTAINS = " AND lower(body) LIKE %s ESCAPE '!'"


def _escaped(words: str) -> str:
    return words.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def inbox_waiting(inboxes: Sequence[str]) -> int:
    """Return how many messages wait in ``inboxes``: from the counters, exact, without counting rows."""
    total = InboxCount.objects.filter(inbox__in=inboxes).aggregate(total=Sum("waiting"))["total"]
    return total or 0


def inbox_counts() -> dict[str, int]:
    """Return how many messages wait, per inbox; one in which nothing ever waited is left out."""
    return dict(InboxCount.objects.values_list("inbox", "waiting"))


def message_get(code: UUID) -> Message:
    """Return one message with its thread; raise NotFoundError when it is not there or not yours."""
    found = Message.objects.select_related("thread", "acked_by").filter(code=code).first()
    if found is None:
        raise NotFoundError("There is no such message.")
    return found


def thread_get(code: UUID) -> Thread:
    """Return one thread; raise NotFoundError when it is not there or not yours."""
    found = Thread.objects.select_related("institution").filter(code=code).first()
    if found is None:
        raise NotFoundError("There is no such thread.")
    return found


def threads_recent() -> QuerySet[Thread]:
    """Return all threads, newest first, with their number of messages.

    Counted per row shown: grouping would make SQLite count the messages of every thread there is.
    """
    said = Message.objects.filter(thread=OuterRef("pk")).order_by().values("thread").annotate(total=Count("pk"))
    counted = Coalesce(Subquery(said.values("total")), 0)
    return Thread.objects.select_related("institution").annotate(message_count=counted).order_by("-pk")


def thread_messages(thread: Thread) -> QuerySet[Message]:
    """Return what was said in ``thread``, in order."""
    return Message.objects.filter(thread=thread).select_related("thread", "acked_by").order_by("pk")


def messages_waiting_about(subject_kind: str, subject_ids: Sequence[str]) -> QuerySet[Message]:
    """Return the messages that still wait for a person and concern one of the subjects."""
    about = Q(thread__subject_kind=subject_kind, thread__subject_id__in=subject_ids)
    return Message.objects.filter(about, requires_human=True, acked_at__isnull=True)
