"""docs/api.md."""

from collections.abc import Iterable, Iterator

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from opsportal.api_page import SEED, page_with_table, routes_table
from opsportal.schema import document


def addresses(patterns: Iterable[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    for pattern in patterns:
        text = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, text)
        else:
            yield text


def test_the_table_in_docs_is_current() -> None:
    page = (settings.BASE_DIR / "docs" / "api.md").read_text(encoding="utf-8")
    assert page == page_with_table(page), "run `make docs` and commit docs/api.md"


@pytest.mark.spec("L46")
def test_every_route_of_the_seed_is_there() -> None:
    described = {f"{method.upper()} {path}" for path, item in document()["paths"].items() for method in item}
    assert described >= SEED
    assert all(f"| {route.replace(' ', ' `', 1)}` |" in routes_table() for route in described)


def test_every_address_of_the_api_is_described_and_none_ends_in_a_slash() -> None:
    served = {text for text in addresses(get_resolver().url_patterns) if text.startswith("/api/v1/")}
    assert len(served) == len(document()["paths"]) + 1  # a run and a scenario to run share one address
    assert not [text for text in served if text.endswith("/")]


def test_a_page_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="must hold"):
        page_with_table("# The API\n")
