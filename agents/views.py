"""Inbox and threads: the list, the conversation and its context window in one view."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from agents import selectors, services
from agents.models import Message, Thread
from agents.roster import inboxes_for, roster
from agents.subjects import subject_of
from opsportal.core.errors import InvalidError, UnparsableError
from opsportal.core.http import PortalRequest, is_htmx
from opsportal.core.pages import page_url
from opsportal.institutions.access import Permission
from opsportal.institutions.selectors import people_named
from opsportal.institutions.web import requires

BULK_MAX = 200


@requires(Permission.OPS_READ)
@require_safe
def inbox(request: PortalRequest) -> HttpResponse:
    """List what waits for this person's roles, newest first; ``tab=done`` lists what was dealt with."""
    return render(request, "agents/inbox.html", _list_context(request))


@requires(Permission.OPS_READ)
@require_safe
def inbox_row(request: PortalRequest, code: UUID) -> HttpResponse:
    """Draw one row again: something about it moved. A row that no longer belongs here goes."""
    message = selectors.message_get(code)
    if message.acked_at is not None and request.GET.get("tab") != "done":
        return HttpResponse()
    tab = "done" if message.acked_at else "waiting"
    may_write = Permission.OPS_WRITE in request.permissions
    return render(request, "agents/_row_cached.html", {"message": message, "tab": tab, "may_write": may_write})


@requires(Permission.OPS_READ)
@require_safe
def thread(request: PortalRequest, code: UUID) -> HttpResponse:
    """Show a conversation with its context; for htmx the pane alone, else beside the inbox."""
    pane = _pane_context(request, selectors.thread_get(code))
    if is_htmx(request):
        return render(request, "agents/_pane.html", pane)
    return render(request, "agents/inbox.html", {**_list_context(request), **pane})


@requires(Permission.OPS_READ)
@require_safe
def messages(request: PortalRequest, code: UUID) -> HttpResponse:
    """Draw what was said, again: somebody said more."""
    return render(request, "agents/_messages.html", _pane_context(request, selectors.thread_get(code)))


@requires(Permission.OPS_WRITE)
@require_POST
def reply(request: PortalRequest, code: UUID) -> HttpResponse:
    """Say something in a thread; the addressed agent answers."""
    found = selectors.thread_get(code)
    services.thread_reply(
        thread=found,
        body=request.POST.get("body", ""),
        actor=request.actor,
        target_agent=request.POST.get("target_agent", ""),
    )
    return render(request, "agents/_pane.html", _pane_context(request, found))


@requires(Permission.OPS_WRITE)
@require_POST
def ack(request: PortalRequest, code: UUID) -> HttpResponse:
    """Acknowledge what the message is about; a message about nothing else is archived."""
    message = selectors.message_get(code)
    _acked(message, request)
    return _toast(request, _("Acknowledged."), message)


@requires(Permission.OPS_WRITE)
@require_POST
def archive(request: PortalRequest, code: UUID) -> HttpResponse:
    """Take the message out of the inbox; what it is about stays as it is."""
    message = selectors.message_get(code)
    services.message_ack(message=message, actor=request.actor)
    return _toast(request, _("Archived."), message)


@requires(Permission.OPS_WRITE)
@require_POST
def undo(request: PortalRequest, code: UUID) -> HttpResponse:
    """Take the acknowledgement or the archiving back: the message waits again."""
    message = selectors.message_get(code)
    subject = subject_of(message.thread)
    if request.GET.get("of") == "ack" and subject is not None:
        subject.unack(message.thread.subject_id, request.actor)
    else:
        services.message_restore(message=message, actor=request.actor)
    answer = render(request, "portal/_toast.html", {"text": _("It waits again.")})
    answer["HX-Reswap"] = "none"  # the toast comes out of band; the list shows the row again
    answer["HX-Trigger"] = "inbox-changed"
    return answer


@requires(Permission.OPS_WRITE)
@require_POST
def inbox_bulk(request: PortalRequest) -> HttpResponse:
    """Acknowledge or archive the selected messages, each under its own ledger entry, and list again."""
    codes = _codes(request.POST.getlist("selected"))
    for code in codes:
        message = selectors.message_get(code)
        if request.POST.get("verb") == "ack":
            _acked(message, request)
        else:
            services.message_ack(message=message, actor=request.actor)
    done = ngettext("%(count)d message dealt with.", "%(count)d messages dealt with.", len(codes)) % {
        "count": len(codes)
    }
    return render(request, "agents/_list_and_toast.html", {**_list_context(request), "text": done})


def _codes(values: Sequence[str]) -> list[UUID]:
    if not 1 <= len(values) <= BULK_MAX:
        raise InvalidError(
            f"Select 1 to {BULK_MAX} messages.", errors={"selected": [f"1 to {BULK_MAX}, not {len(values)}."]}
        )
    try:
        return [UUID(value) for value in values]
    except ValueError:
        raise UnparsableError("That is not a list of messages.", errors={"selected": ["Not an id."]}) from None


def _acked(message: Message, request: PortalRequest) -> None:
    subject = subject_of(message.thread)
    if subject is None:
        services.message_ack(message=message, actor=request.actor, note=request.POST.get("note", ""))
    else:
        subject.ack(message.thread.subject_id, request.actor, request.POST.get("note", ""))


def _toast(request: PortalRequest, text: str, message: Message) -> HttpResponse:
    undo_url = reverse("agents:message_undo", args=[request.institution.slug, message.code])
    kind = "ack" if request.path.endswith("/ack") else "archive"
    return render(request, "portal/_toast.html", {"text": text, "undo_url": f"{undo_url}?of={kind}"})


def _list_context(request: PortalRequest) -> dict[str, Any]:
    is_done = request.GET.get("tab") == "done"
    needle = request.GET.get("q", "").strip()
    page = selectors.inbox_page(
        inboxes_for(request.actor.roles), is_done=is_done, cursor=request.GET.get("cursor", ""), needle=needle
    )
    return {
        "tab": "done" if is_done else "waiting",
        "q": needle,
        "page": page,
        "next": page_url(request, page.next),
        "previous": page_url(request, page.previous),
        "may_write": Permission.OPS_WRITE in request.permissions,
    }


def _pane_context(request: PortalRequest, found: Thread) -> dict[str, Any]:
    said = list(selectors.thread_messages(found))
    subject = subject_of(found)
    card = subject.read(found.subject_id) if subject else None
    return {
        "thread": found,
        "may_write": Permission.OPS_WRITE in request.permissions,
        "said": said,
        "names": people_named({message.from_id for message in said if message.from_type == "human"}),
        "waits": next((message for message in reversed(said) if message.requires_human and not message.acked_at), None),
        "agents": [agent for agent in roster() if agent.inbox],
        "card": subject.card if subject and card else "",
        **(card or {}),
    }
