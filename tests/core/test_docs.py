"""The pages in docs/ and README.md: drawn from what they describe, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

from opsportal.core.environment_page import environment_markdown
from opsportal.settings.base import BASE_DIR

PAGES = [BASE_DIR / "README.md", BASE_DIR / "CHANGELOG.md", *sorted((BASE_DIR / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
TARGET = re.compile(r"^([a-z0-9-]+):.*?(## .+)?$", re.MULTILINE)


def _anchors(page: Path) -> set[str]:
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_page_of_variables_is_what_the_example_says() -> None:
    example = (BASE_DIR / ".env.example").read_text(encoding="utf-8")
    page = (BASE_DIR / "docs" / "environment.md").read_text(encoding="utf-8")
    assert page == environment_markdown(example), "run `make docs` and commit docs/environment.md"
    named = re.findall(r"^#?([A-Z][A-Z0-9_]*=.*)$", example, re.MULTILINE)
    assert [name for name in named if f"`{name}`" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(BASE_DIR)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"https?://", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


def test_the_targets_of_make_that_pages_name_exist_and_are_explained() -> None:
    makefile = (BASE_DIR / "Makefile").read_text(encoding="utf-8")
    explained = {name: bool(words) for name, words in TARGET.findall(makefile)}
    assert [name for name, is_explained in explained.items() if not is_explained] == []
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"(?:`|^)make ([a-z0-9-]+)", text, re.MULTILINE))
    assert {"run", "test"} <= named
    assert named - explained.keys() == set()
