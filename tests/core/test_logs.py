"""Logs: one object per line, and no secrets."""

import json
import logging
import subprocess
import sys
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog
from django.conf import settings
from django.test import Client

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import SYSTEM
from opsportal.core.logs import GONE, Redaction
from opsportal.institutions.access import Role
from opsportal.institutions.tokens import token_text_new
from tests.institutions.factories import institution_make, member_make


class Kept(logging.Handler):
    """Keeps each line as it would leave the process."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        formatter = logging.getLogger().handlers
        made = [handler.formatter for handler in formatter if isinstance(handler, logging.StreamHandler)]
        self.setFormatter(next(one for one in made if isinstance(one, structlog.stdlib.ProcessorFormatter)))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


@pytest.fixture
def kept() -> Any:
    """What is logged while a test runs."""
    handler = Kept()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def redact(**event: object) -> dict[str, Any]:
    return dict(Redaction(lambda: ["c4nary-value", "short"])(None, "info", dict(event)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "x"),
        ("new_password1", "x"),
        ("api_key", "x"),
        ("X-Ops-Internal-Token", "x"),
        ("Authorization", "x"),
        ("set_cookie", "x"),
        ("client_secret", "x"),
        ("credentials", {"user": "a"}),
        ("private_key", b"x"),
    ],
)
def test_a_secret_goes_by_its_name(name: str, value: object) -> None:
    assert redact(**{name: value}) == {name: GONE}
    assert redact(outer={"inner": [{name: value}]}) == {"outer": {"inner": [{name: GONE}]}}


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("sent Bearer abcdefghijkl", "abcdefghijkl"),
        ("sent basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("postgres://app:hunter2@db:5432/x", "hunter2"),
        ("GET /x?token=hunter2&a=1", "hunter2"),
        ("GET /x?a=1&api_key=hunter2", "hunter2"),
        ("POST /api/v1/heartbeats/0b7c8c0e-58cb-4c0f-8e4f-1f6a8a3f0c11", "0b7c8c0e"),
        ("-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----", "MIIabc"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc", "MIIabc"),
        ("it said c4nary-value twice: c4nary-value", "c4nary"),
    ],
)
def test_a_secret_goes_by_its_shape_or_value(text: str, secret: str) -> None:
    assert secret not in json.dumps(redact(event=text))
    assert secret not in json.dumps(redact(event="x", why=["a", {"b": text}]))
    assert secret not in json.dumps(redact(event="x", error=ValueError(text)))


def test_a_token_leaves_its_public_part() -> None:
    text = token_text_new()
    said = redact(event=f"used {text} twice")["event"]
    assert said == f"used ops_{text.split('_')[1]}_{GONE} twice"


@pytest.mark.parametrize(
    ("name", "value"), [("key_id", "abc"), ("count", 3), ("ok", None), ("user", UUID(int=1)), ("is_token", True)]
)
def test_what_is_no_secret_stays(name: str, value: object) -> None:
    kept = redact(**{name: value})[name]
    assert kept == (str(value) if isinstance(value, UUID) else value)


def test_short_values_are_words_not_secrets() -> None:
    assert redact(event="a short story")["event"] == "a short story"


@pytest.mark.spec("V57")
def test_a_request_leaves_one_line_with_its_id_person_and_time(kept: Kept, client: Client, db: None) -> None:
    access = member_make(institution_make(), Role.TECHNICIAN)
    client.force_login(access.user)
    answer = client.get("/api/v1/nothing?token=hunter2hunter2", headers={"X-Forwarded-For": "203.0.113.9"})
    (line,) = [line for line in kept.objects if line["event"] == "request_finished"]
    assert line["request_id"] == answer["X-Request-ID"]
    assert line["user_id"] == str(access.user.code)
    assert (line["code"], line["level"], line["ip"]) == (404, "info", "127.0.0.1")
    assert line["request"] == f"GET /api/v1/nothing?token={GONE}"
    assert 0 < line["duration_ms"] < 10_000
    assert "hunter2" not in "".join(kept.lines)


@pytest.mark.spec("V57")
def test_lines_of_libraries_are_of_the_same_form(kept: Kept) -> None:
    logging.getLogger("some.library").warning("lost %s to %s", 3, "postgres://a:hunter2@b/c")
    (line,) = kept.objects
    assert line["event"] == f"lost 3 to postgres://a:{GONE}@b/c"
    assert (line["logger"], line["level"]) == ("some.library", "warning")
    assert line["timestamp"].endswith("Z")


def test_a_traceback_tells_no_values(kept: Kept) -> None:
    password = "hunter2" + "hunter2"
    try:
        raise ValueError(len(password))
    except ValueError:
        structlog.get_logger("x").exception("failed")
    (line,) = kept.objects
    assert "ValueError: 14" in line["exception"]
    assert password not in kept.lines[0]


def test_the_secrets_of_the_settings_are_known(kept: Kept) -> None:
    structlog.get_logger("x").info("said", why=f"={settings.INTERNAL_TOKEN}=", url=f"x{settings.SECRET_KEY}y")
    assert settings.INTERNAL_TOKEN not in kept.lines[0]
    assert settings.SECRET_KEY not in kept.lines[0]


@pytest.mark.spec("V57")
def test_lines_of_a_request_carry_the_case_that_it_is_about(kept: Kept, db: None) -> None:
    institution, case = institution_make(), uuid4()
    with structlog.contextvars.bound_contextvars(request_id=str(uuid4())), unit(institution.pk, SYSTEM):
        subject = f"finding:{case}"
        entry_record(kind=Kind.FINDING_ACKED, subject=subject, actor=SYSTEM, case=case)
        structlog.get_logger("x").info("within")
    structlog.contextvars.clear_contextvars()  # as the middleware does after each request
    assert [line.get("case") for line in kept.objects] == [str(case)]


@pytest.mark.spec("V57")
def test_what_is_of_no_request_keeps_no_case(kept: Kept, db: None) -> None:
    institution = institution_make()
    with unit(institution.pk, SYSTEM):
        for case in (uuid4(), uuid4()):
            entry_record(kind=Kind.FINDING_ACKED, subject=f"finding:{case}", actor=SYSTEM, case=case)
        structlog.get_logger("x").info("within")
    assert "case" not in kept.objects[0]


def test_a_process_writes_json_to_stderr_and_nothing_to_stdout() -> None:
    code = "import django; django.setup(); import structlog; structlog.get_logger('x').info('hello', a=1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    line = json.loads(done.stderr)
    assert (line["event"], line["a"]) == ("hello", 1)
