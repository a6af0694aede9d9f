"""The description of the API."""

import json

import yaml
from django.conf import settings
from django.test import Client
from drf_spectacular.validation import validate_schema

from opsportal.schema import document, document_text


def test_the_description_in_docs_is_current() -> None:
    committed = (settings.BASE_DIR / "docs" / "openapi.yaml").read_text(encoding="utf-8")
    assert committed == document_text(is_json=False), "run `make openapi` and commit docs/openapi.yaml"


def test_it_is_valid_openapi() -> None:
    validate_schema(yaml.safe_load(document_text(is_json=False)))  # type: ignore[no-untyped-call]  # not typed


def test_every_operation_says_what_it_needs_and_how_it_fails() -> None:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            assert operation["description"], f"{method} {path}"
            if {"token": []} in operation.get("security", []):
                assert {"401", "403", "404", "429"} <= set(operation["responses"]), f"{method} {path}"


def test_it_is_served_as_yaml_and_as_json_to_everybody(client: Client, db: None) -> None:
    plain = client.get("/api/schema/")
    assert plain["Content-Type"].startswith("application/vnd.oai.openapi;")
    asked = client.get("/api/schema/", headers={"Accept": "application/json"})
    assert json.loads(asked.content) == yaml.safe_load(plain.content)


def test_the_page_for_people_loads_nothing_from_elsewhere_and_runs_nothing_inline(client: Client, db: None) -> None:
    page = client.get("/api/docs/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "http://" not in text
    assert "https://" not in text
    assert text.count("<script") == text.count("<script src=") > 0
    assert "'unsafe-inline'" not in page["Content-Security-Policy"].split("script-src")[1].split(";")[0]
    script = client.get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/schema/" in script.content.decode()
