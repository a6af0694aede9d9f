"""Reading who there is and what can be done: the system, its actors, its operations."""

import re
from collections.abc import Iterator

from remediation.contracts.contract import Actor, Endpoint, System
from remediation.contracts.diagnostics import Problems
from remediation.contracts.entries import DOTTED, LABEL, SLUG, name_check, named
from remediation.contracts.reader import Reader
from remediation.contracts.syntax import Block, Word

ACTOR_KINDS = ("human", "system", "external")
AUTHENTICATION = ("none", "basic", "token", "oauth2", "certificate")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SCOPES = ("own", "tenant", "department", "all")
NEEDS = ("required", "optional", "none")
REASONS = ("required", "optional")
RISKS = ("R0", "R1", "R2", "R3")
KINDS = ("create", "read", "update", "delete", "transition", "approval", "job.request", "job.enqueue", "job.get")
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){2}")
_ERROR = re.compile(r"[A-Z][A-Z0-9_]*")


def system_read(block: Block, problems: Problems) -> System:
    """Return the system that the contract is of."""
    entries = Reader(block, problems)
    system = System(
        id=named(block, LABEL, problems),
        name=entries.text("name"),
        description=entries.text("description", ""),
        version=entries.text("version"),
        domain=entries.word("domain") or Word("", block.place),
        owner=entries.text("owner", ""),
        contact=entries.text("contact", ""),
        tenancy=entries.choice("tenancy", ("single", "multi"), "single"),
    )
    if system.domain.text:
        name_check(system.domain, SLUG, problems)
    if system.name.text and not _NAME.fullmatch(system.name.text):
        message = f"`{system.name.text}` is no name of a bundle: lower-case letters, digits and `-`"
        problems.add("NAME_WRONG", system.name.place, message)
    if system.version.text and not _VERSION.fullmatch(system.version.text):
        message = f"`{system.version.text}` is no version: three numbers with dots, such as 1.0.0"
        problems.add("VERSION_WRONG", system.version.place, message)
    entries.close()
    return system


def actors_read(section: Block, problems: Problems) -> Iterator[Actor]:
    """Yield the actors of the section."""
    reader = Reader(section, problems)
    for block in reader.blocks(*ACTOR_KINDS):
        entries = Reader(block, problems)
        yield Actor(
            id=named(block, SLUG, problems),
            kind=block.keyword.text,
            name=entries.text("name", "").text,
            description=entries.text("description", "").text,
            authentication=entries.choice("authentication", AUTHENTICATION, "none"),
            permissions=entries.words("permissions", needed=False),
        )
        entries.close()
    reader.close()


def endpoints_read(section: Block, problems: Problems) -> Iterator[Endpoint]:
    """Yield the operations of the section, which is `operations { api { endpoint … } }`."""
    reader = Reader(section, problems)
    for number, api in enumerate(reader.blocks("api")):
        if number:
            problems.add("NAME_TWICE", api.place, "`api` stands once")
        blocks = Reader(api, problems)
        for block in blocks.blocks("endpoint"):
            yield _endpoint(block, problems)
        blocks.close()
    reader.close()


def _endpoint(block: Block, problems: Problems) -> Endpoint:
    entries = Reader(block, problems)
    kind, job_type = _bind(entries)
    name = named(block, DOTTED, problems)
    endpoint = Endpoint(
        name=name_check(job_type, DOTTED, problems) if job_type else name,
        title=entries.text("title", name.text).text,
        description=entries.text("description", "").text,
        method=entries.choice("method", METHODS),
        path=entries.text("path"),
        request=entries.word("request", needed=False),
        response=entries.word("response", needed=False),
        permission=entries.word("permission") or Word("", block.place),
        scope=entries.choice("scope", SCOPES, "department"),
        idempotency=entries.choice("idempotency", NEEDS, "none"),
        errors=tuple(word.text for word in entries.words("errors", needed=False)),
        kind=kind,
        risk=entries.choice("risk", RISKS),
        dry_run=entries.choice("dry_run", NEEDS, "none"),
        is_reversible=entries.choice("reversible", ("true", "false"), "false") == "true",
        reason=entries.choice("reason", REASONS, "optional"),
        place=block.place,
    )
    for error in endpoint.errors:
        if not _ERROR.fullmatch(error):
            problems.add("NAME_WRONG", block.place, f"`{error}` is no code of an error: upper-case letters and `_`")
    entries.close()
    return endpoint


def _bind(entries: Reader) -> tuple[str, Word | None]:
    block = entries.map("bind", needed=True)
    if block is None:
        return KINDS[0], None
    bind = Reader(block, entries.problems)
    kind = bind.choice("kind", KINDS)
    job_type = bind.word("job_type", needed=False)
    bind.close()
    return kind, job_type
