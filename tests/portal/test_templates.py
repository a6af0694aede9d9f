"""What every template and static file of ours must keep to, whoever writes it."""

import re
from functools import cache
from pathlib import Path

import pytest
import unfold
from django.conf import settings
from django.template.loader import get_template

from opsportal.portal.bundles import BUNDLES
from opsportal.portal.icons import shapes

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "opsportal").glob("*.js"))
STYLES = sorted((ROOT / "static").rglob("*.css"))
TAG = re.compile(r"\{[%#].*?[%#]\}|\{\{.*?\}\}", re.DOTALL)
names = [str(path.relative_to(ROOT / "templates")) for path in TEMPLATES]


@cache
def classes_known(where: str) -> frozenset[str]:
    sheets = [*STYLES, *Path(unfold.__file__).parent.rglob("*.css")] if where == "admin" else STYLES
    text = "".join(path.read_text() for path in sheets).replace("\\:", ":")
    return frozenset(re.findall(r"\.(-?[_a-zA-Z](?:[\w-]|:(?=[\w-]+-))*)", text))


def plain(path: Path) -> str:
    """Return the HTML of a template, its tags blanked."""
    return TAG.sub(" ", path.read_text())


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_nothing_inline_that_the_content_policy_would_stop(path: Path) -> None:
    html = plain(path)
    assert not re.search(r"<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|\shx-on", html)
    for script in re.findall(r"<script[^>]*>", html):
        assert "src=" in script or 'type="application/json"' in script


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_every_class_is_in_a_stylesheet(path: Path) -> None:
    """A class that the trimmed Tabler lacks goes into vendoring/vendor.toml, then `make vendor`."""
    used = {name for value in re.findall(r'\sclass="([^"]*)"', plain(path)) for name in value.split()}
    assert {name for name in used if not name.endswith("-")} - classes_known(path.parent.name) == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_every_icon_is_vendored(path: Path) -> None:
    used = set(re.findall(r'\{% icon "([^"]+)"', path.read_text()))
    used |= set(re.findall(r'_empty\.html" with icon="([^"]+)"', path.read_text()))
    assert used - shapes().keys() == set()


@pytest.mark.parametrize("name", names)
def test_every_template_compiles(name: str) -> None:
    get_template(name)


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_templates_stay_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 100


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_small_and_stand_alone(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) < 200
    assert not re.search(r"^\s*(import|export)\b|\beval\(|innerHTML", text, re.MULTILINE)


def test_every_script_and_style_is_in_one_bundle() -> None:
    bundled = [source for sources in BUNDLES.values() for source in sources if source.startswith("opsportal/")]
    present = {f"opsportal/{path.name}" for path in (ROOT / "static" / "opsportal").iterdir()}
    assert sorted(bundled) == sorted(present - {"opsportal/admin.css", "opsportal/mark.svg"})


def test_every_variable_that_we_read_is_defined() -> None:
    text = "".join(path.read_text() for path in (*STYLES, *SCRIPTS) if path.name != "admin.css")
    defined = set(re.findall(r"(--[\w-]+)\s*:", text))
    ours = "".join(path.read_text() for path in (*STYLES, *SCRIPTS) if path.parent.name == "opsportal")
    assert set(re.findall(r"(--tblr-[\w-]+)", ours)) - defined == set()
