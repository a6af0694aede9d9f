"""The API of conversations: inbox, threads, replies, acknowledgements, chat."""

from uuid import UUID

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import status
from rest_framework.response import Response

from agents import selectors, services
from agents.api.serializers import (
    AnswerOut,
    InboxQuery,
    MessageOut,
    NoteIn,
    QuestionAsMessageIn,
    QuestionIn,
    ReplyIn,
    ThreadOut,
)
from agents.roster import inboxes_for
from opsportal.core.openapi import PAGE_PARAMETERS, problems
from opsportal.core.pages import page_of_request, page_wanted
from opsportal.core.serializers import body_read, listing, page_response, query_read, shown
from opsportal.institutions.access import Permission
from opsportal.institutions.endpoint import ApiRequest, endpoint

CHAT_BODY = PolymorphicProxySerializer(
    component_name="ChatIn", serializers=[QuestionIn, QuestionAsMessageIn], resource_type_field_name=None
)


@extend_schema(parameters=[InboxQuery, *PAGE_PARAMETERS], responses=listing(MessageOut))
@endpoint(["GET"], Permission.OPS_READ)
def inbox(request: ApiRequest) -> Response:
    """List the messages that wait for people in my roles, newest first."""
    query = query_read(request, InboxQuery)
    page = selectors.inbox_page(
        inboxes_for(request.actor.roles),
        is_done=query["tab"] == "done",
        needle=query["q"].strip(),
        **page_wanted(request),
    )
    return page_response(request, page, shown(MessageOut, page.items))


@extend_schema(parameters=PAGE_PARAMETERS, responses=listing(ThreadOut))
@endpoint(["GET"], Permission.OPS_READ)
def threads(request: ApiRequest) -> Response:
    """List the conversations, newest first."""
    page = page_of_request(request, selectors.threads_recent())
    return page_response(request, page, shown(ThreadOut, page.items))


@extend_schema(parameters=PAGE_PARAMETERS, responses=listing(MessageOut))
@endpoint(["GET"], Permission.OPS_READ)
def thread_messages(request: ApiRequest, thread_id: UUID) -> Response:
    """List what was said in a conversation, in order."""
    thread = selectors.thread_get(thread_id)
    page = page_of_request(request, selectors.thread_messages(thread), order=("id",))
    return page_response(request, page, shown(MessageOut, page.items))


@extend_schema(request=ReplyIn, responses={201: MessageOut, **problems(409)})
@endpoint(["POST"], Permission.OPS_WRITE)
def thread_reply(request: ApiRequest, thread_id: UUID) -> Response:
    """Say something in a conversation; with `target_agent` that agent answers in it."""
    thread = selectors.thread_get(thread_id)
    said = services.thread_reply(thread=thread, actor=request.actor, **body_read(request, ReplyIn))
    return Response(MessageOut(said).data, status=status.HTTP_201_CREATED)


@extend_schema(request=NoteIn, responses=MessageOut)
@endpoint(["POST"], Permission.OPS_WRITE)
def message_ack(request: ApiRequest, message_id: UUID) -> Response:
    """Archive an inbox item under my name. A second time changes nothing and keeps the first name."""
    message = selectors.message_get(message_id)
    done = services.message_ack(message=message, actor=request.actor, **body_read(request, NoteIn))
    return Response(MessageOut(done).data)


@extend_schema(request=CHAT_BODY, responses=AnswerOut)
@endpoint(["POST"], Permission.OPS_READ)
def chat(request: ApiRequest) -> Response:
    """Ask an agent in a new conversation. No model is asked yet: the answer is deterministic text."""
    is_alias = isinstance(request.data, dict) and "question" not in request.data and "message" in request.data
    question = body_read(request, QuestionAsMessageIn if is_alias else QuestionIn)
    answer = services.chat_ask(institution_id=request.institution.pk, actor=request.actor, **question)
    return Response({"answer": answer.body, "model": None, "kb_hits": [], "thread_id": answer.thread.code})
