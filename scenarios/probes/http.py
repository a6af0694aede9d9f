"""HTTP and HTTPS: status, headers, body, JSON, latency.

Without a condition on ``status``, the answer must be 2xx. 401, 403 and 429 then say that *our* credentials or manners
are at fault, so the target is unknown (``unauthorized``, ``forbidden``, ``throttled``), and it is not asked again before
the next tick: some appliances lock out who insists. 502 and 504 are a proxy saying that what stands behind it is down.
A redirect nobody asked to follow is no success either. What the check sends (headers, body) is never shown.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, ClassVar

import httpx
import jsonpath

from scenarios.egress import HostError, host_parse
from scenarios.models import ProbeState
from scenarios.probes.base import CheckSpec, JsonSchema, Look, Measure, Probe, ProbeContext, Reason
from scenarios.probes.conditions import ABSENT, judge, rules_of, shown
from scenarios.probes.failures import look_failed
from scenarios.probes.http_body import body_decoded, body_json, body_text
from scenarios.tls import tls_context
from scenarios.transport import TOKEN, GuardedTransport, wire_of

HOPS = 5
HARMLESS = frozenset({"accept", "accept-encoding", "accept-language", "content-type", "host", "user-agent"})
DEFAULTS = {"User-Agent": "opsportal", "Accept": "*/*", "Accept-Encoding": "identity"}
OURS = {401: Reason.UNAUTHORIZED, 403: Reason.FORBIDDEN, 407: Reason.PROXY_ERROR, 429: Reason.THROTTLED}
PROXYS = frozenset({502, 504})
WORDS = re.compile(r"[^\s\"'&=:,;{}\[\]]{6,}")
SHOW = ("status", "latency_ms")


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer, its body as sent, how many redirects led to it, and the seconds all of it took."""

    response: httpx.Response
    content: bytes
    hops: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one check needs at every look, worked out once."""

    request: httpx.Request
    secrets: tuple[str, ...]
    judges_status: bool
    needs_body: bool
    headers: Mapping[str, str]  # measure -> header
    json_paths: Mapping[str, jsonpath.JSONPath | jsonpath.CompoundJSONPath]  # measure -> path


class HttpProbe(Probe):
    """One request, or a few when it may follow redirects; each hop passes the guard."""

    kind: ClassVar[str] = "http"
    SCHEMA: ClassVar[JsonSchema] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["url"],
        "properties": {
            "url": {"type": "string", "pattern": "^https?://", "maxLength": 2000},
            "method": {"enum": ["GET", "HEAD", "OPTIONS", "POST"], "default": "GET"},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}, "writeOnly": True},
            "body": {"type": "string", "writeOnly": True},
            "json": {"description": "Sent as the body, with its content type.", "writeOnly": True},
            "follow_redirects": {"type": "boolean", "default": False},
            "ca_file": {"type": "string", "pattern": "^/", "description": "Trust only the certificates in this file."},
            "tls_name": {"type": "string", "description": "The name the certificate must have, if not the URL's."},
            "max_bytes": {"type": "integer", "minimum": 1, "maximum": 16_777_216, "default": 1_048_576},
        },
        "not": {"required": ["body", "json"]},
    }
    MEASURES: ClassVar[tuple[Measure, ...]] = (
        Measure("status", "number", "The status code of the last answer."),
        Measure("latency_ms", "number", "From the start to the last byte."),
        Measure("dns_ms", "number", "Of which: resolving the name."),
        Measure("connect_ms", "number", "Of which: connecting, with the TLS handshake."),
        Measure("first_byte_ms", "number", "Of which: waiting for the answer to begin."),
        Measure("size_bytes", "number", "Length of the body as sent."),
        Measure("redirects", "number", "How many redirects were followed."),
        Measure("body", "text", "The body."),
        Measure("header:", "text", "A header of the answer, as header:Server."),
        Measure("json:", "any", "What a JSONPath (RFC 9535) finds in the body; a list if it finds several."),
        Measure("json_count:", "number", "How many things a JSONPath finds."),
    )

    def param_problems(self, params: Mapping[str, Any]) -> list[str]:
        """A URL the guard can judge, without credentials in it, and headers that can be sent."""
        problems = []
        try:
            url = httpx.URL(params["url"])
            host_parse(url.raw_host.decode("ascii"))
            if url.port is not None and not 0 < url.port < 65536:
                problems.append(f"url: {url.port} is not a port")
            if url.userinfo:
                problems.append("url: credentials belong in headers, not in the URL")
            wire_of(_request(params), b"")
        except httpx.LocalProtocolError as error:
            problems.append(f"headers: {error}")
        except (httpx.InvalidURL, HostError, UnicodeError) as error:
            problems.append(f"url: {error}")
        return problems

    def measure_problem(self, measure: str) -> str | None:
        """A JSONPath that parses; a header's name."""
        kind, _, argument = measure.partition(":")
        if kind == "header" and not TOKEN.match(argument.encode()):
            return f"{argument!r} is not the name of a header"
        if kind in {"json", "json_count"}:
            try:
                jsonpath.compile(argument)
            except jsonpath.JSONPathError as error:
                return f"{argument!r} is not a JSONPath: {error}"
        return None

    async def look(self, check: CheckSpec, context: ProbeContext) -> Look:
        """Ask, follow redirects if told to, judge."""
        started = monotonic()
        prepared = _prepared(check)
        try:
            if ca_file := check.opened.get("ca_file"):
                prepared.request.extensions["tls"] = tls_context(ca_file)
        except OSError as error:
            evidence = {"error": f"ca_file {ca_file}: {error}"[:200]}
            return Look(ProbeState.UNKNOWN, Reason.MISCONFIGURED, evidence)
        try:
            answer = await _answer(check, prepared, context, started)
        except httpx.RequestError as error:
            return _failed(check, error, started)
        if not prepared.judges_status and not answer.response.is_success:
            return _bad_status(prepared, answer)
        return _judged(check, prepared, answer, started)


def _request(params: Mapping[str, Any]) -> httpx.Request:
    return httpx.Request(
        params.get("method", "GET"),
        params["url"],
        headers={**DEFAULTS, **params.get("headers", {})},
        content=params.get("body"),
        json=params.get("json"),
    )


def _prepared(check: CheckSpec) -> Prepared:
    prepared = check.prepared.get("http")
    if isinstance(prepared, Prepared):
        return prepared
    params = check.opened
    request = _request(params)
    body = request.read()
    request.extensions["wire"] = wire_of(request, body)
    request.extensions["timeout"] = {"total": check.timeout_seconds}
    request.extensions["body_limit"] = params.get("max_bytes", 1 << 20)
    if name := params.get("tls_name"):
        request.extensions["sni_hostname"] = name
    measures = rules_of(check).measures
    prepared = Prepared(
        request,
        (*rules_of(check).secrets, *_secrets(request.url, params.get("headers", {}), body.decode("utf-8", "replace"))),
        "status" in measures,
        any(name == "body" or name.startswith("json") for name in measures),
        {name: name.removeprefix("header:") for name in measures if name.startswith("header:")},
        {name: jsonpath.compile(name.partition(":")[2]) for name in measures if name.startswith("json")},
    )
    check.prepared["http"] = prepared
    return prepared


def _secrets(url: httpx.URL, headers: Mapping[str, str], body: str) -> tuple[str, ...]:
    """What we send that a server might repeat: header values, whole and in parts, words of the body, the query."""
    texts = [value for name, value in headers.items() if name.lower() not in HARMLESS]
    found = {part for text in texts for part in (text, *text.split()) if len(part) > 3}
    found.update(WORDS.findall(body))
    found.update(value for _, value in url.params.multi_items() if len(value) > 5)
    return tuple(sorted(found, key=len, reverse=True))


async def _answer(check: CheckSpec, prepared: Prepared, context: ProbeContext, started: float) -> Answer:
    transport = GuardedTransport(context.net)
    request = prepared.request
    response = await transport.handle_async_request(request)
    hops = 0
    while check.opened.get("follow_redirects") and response.has_redirect_location:
        hops += 1
        if hops > HOPS:
            raise httpx.TooManyRedirects(f"more than {HOPS} redirects", request=request)
        request = _redirected(request, response, check.timeout_seconds - (monotonic() - started))
        response = await transport.handle_async_request(request)
    return Answer(response, response.extensions["raw"], hops, monotonic() - started)


def _redirected(request: httpx.Request, response: httpx.Response, seconds_left: float) -> httpx.Request:
    """The request for the next hop. Another origin gets neither our headers nor our body."""
    try:
        url = request.url.join(response.headers["location"])
    except httpx.InvalidURL as error:
        raise httpx.RemoteProtocolError(f"redirected nowhere: {error}", request=request) from error
    if url.scheme not in {"http", "https"}:
        raise httpx.UnsupportedProtocol(f"redirected to {url.scheme}:", request=request)
    is_same = (url.scheme, url.host, url.port) == (request.url.scheme, request.url.host, request.url.port)
    keeps_method = response.status_code in {307, 308} or request.method in {"GET", "HEAD"}
    headers = {name: value for name, value in request.headers.items() if name != "host"} if is_same else DEFAULTS
    extensions = {name: value for name, value in request.extensions.items() if name in {"tls", "body_limit"}}
    if is_same and "sni_hostname" in request.extensions:
        extensions["sni_hostname"] = request.extensions["sni_hostname"]
    return httpx.Request(
        request.method if keeps_method else "GET",
        url,
        headers=headers,
        content=request.content if is_same and keeps_method else None,
        extensions={**extensions, "timeout": {"total": max(seconds_left, 0.001)}},
    )


def _failed(check: CheckSpec, error: httpx.RequestError, started: float) -> Look:
    cause = error.__cause__
    if isinstance(error, httpx.TimeoutException):
        return look_failed(check, TimeoutError(str(error)), started)
    if isinstance(cause, Exception) and not isinstance(error, httpx.RemoteProtocolError):
        return look_failed(check, cause, started)
    evidence = {"error": shown(str(error), rules_of(check).secrets)}
    return Look(ProbeState.DOWN, Reason.BAD_ANSWER, evidence, {}, round((monotonic() - started) * 1000))


def _judged(check: CheckSpec, prepared: Prepared, answer: Answer, started: float) -> Look:
    response = answer.response
    times = response.extensions["times"]
    is_whole = not response.extensions["truncated"]
    measured: dict[str, Any] = {
        "status": response.status_code,
        "latency_ms": answer.seconds * 1000,
        "dns_ms": times.dns,
        "connect_ms": times.connect,
        "first_byte_ms": times.first_byte,
        "redirects": answer.hops,
    }
    for name, header in prepared.headers.items():
        measured[name] = response.headers.get(header, ABSENT)
    if is_whole:
        measured["size_bytes"] = len(answer.content)
        if prepared.needs_body:
            measured.update(_body_measured(prepared, answer))
    return judge(
        check,
        measured,
        started=started,
        now=started + answer.seconds,
        show=SHOW,
        no_data=Reason.NO_DATA if is_whole else Reason.TOO_LARGE,
        secrets=prepared.secrets,
    )


def _body_measured(prepared: Prepared, answer: Answer) -> dict[str, Any]:
    """The body and what JSONPaths find in it; nothing when it cannot be read, so that its conditions are unknown."""
    headers = answer.response.headers
    limit = prepared.request.extensions["body_limit"]
    decoded = body_decoded(answer.content, headers.get("content-encoding", ""), limit=limit)
    if decoded is None:
        return {}
    found = body_json(decoded, prepared.json_paths) if prepared.json_paths else {}
    return {"body": body_text(decoded, headers.get("content-type", "")), **found}


def _bad_status(prepared: Prepared, answer: Answer) -> Look:
    response, status = answer.response, answer.response.status_code
    state = ProbeState.UNKNOWN if status in OURS else ProbeState.DOWN
    reason = OURS.get(status, Reason.PROXY_ERROR if status in PROXYS else Reason.BAD_STATUS)
    evidence: dict[str, Any] = {"status": status, "latency_ms": shown(answer.seconds * 1000)}
    if response.has_redirect_location:
        evidence["location"] = shown(response.headers["location"].partition("?")[0], prepared.secrets)
    elif answer.content:
        evidence["body"] = shown(body_text(answer.content[:2000], ""), prepared.secrets)
    return Look(state, reason, evidence, {"status": "200 to 299"}, round(answer.seconds * 1000))


PROBE = HttpProbe()
