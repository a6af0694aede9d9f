"""Reading YAML: lines are kept, and everything that a registry has no use for is refused."""

from typing import Any

import pytest

from scenarios.registry.document import LARGEST, document_read


def refused(text: str) -> list[str]:
    return [str(problem) for problem in document_read("a.yaml", text).problems]


def test_every_key_and_item_knows_its_line() -> None:
    document = document_read("a.yaml", "a: 1\nb:\n  - c: 2\n\n  - c: |\n      text\n      more\n    d: 3\n")
    assert document.root == {"a": 1, "b": [{"c": 2}, {"c": "text\nmore\n", "d": 3}]}
    assert [document.line(path) for path in [("a",), ("b",), ("b", 0), ("b", 1, "c"), ("b", 1, "d")]] == [1, 2, 3, 5, 8]
    assert document.line(("b", 1, "nothing", 4)) == 5


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("true", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("-12", -12),
        ("1.5", 1.5),
        ("2e3", 2000.0),
        ("'12'", "12"),
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("010", "010"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("9" * 40, "9" * 40),
        ("2026-06-20", "2026-06-20"),
        ('"a\\tb"', "a\tb"),
    ],
)
def test_words_are_read_as_in_yaml_1_2(written: str, read: Any) -> None:
    document = document_read("a.yaml", f"a: {written}\n")
    assert document.problems == []
    assert document.root == {"a": read}
    assert type(document.root["a"]) is type(read)


@pytest.mark.spec("L26")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1\nb: 2\n", "a.yaml:2: not YAML: did not find expected ',' or ']'"),
        ("a:\n\tb: 1\n", "a.yaml:2: not YAML: found character that cannot start any token"),
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3: a: 'a' stands here twice, first in line 1"),
        ("a: &x 1\n", "a.yaml:1: a: &x: anchors are not allowed, write the value out"),
        ("a: 1\nb: !!str 2\n", "a.yaml:2: b: the tag tag:yaml.org,2002:str is not allowed"),
        (
            "a: !!python/object/apply:os.system [id]\n",
            "a.yaml:1: a: the tag tag:yaml.org,2002:python/object/apply:os.system is not allowed",
        ),
        ("a: 1\n---\nb: 2\n", "a.yaml:2: a second document: one file holds one"),
        ("? [a]\n: 1\n", "a.yaml:1: a key must be a plain word"),
        ("a: 1\n<<: {b: 2}\n", "a.yaml:2: a key must be a plain word"),
        ("a: 1\nb: \x07\n", "a.yaml:2: not UTF-8 text, or it holds a control character"),
        ("a: caf\ufffd\n", "a.yaml:1: not UTF-8 text, or it holds a control character"),
        ('a: "\\0"\n', "a.yaml:1: a: holds a control character"),
        ("a: 1\nb: " + "[" * 40, "a.yaml:2: nested deeper than 24 levels"),
        ("#" * (LARGEST + 1), f"a.yaml: larger than {LARGEST} characters"),
    ],
)
def test_what_is_refused_has_its_line(text: str, problem: str) -> None:
    assert refused(text) == [problem]


def test_a_bomb_of_aliases_grows_to_nothing() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    document = document_read("a.yaml", "\n".join(lines))
    assert len(document.problems) == 20 + 19 * 10
    assert document.root["a19"] == [None] * 10


def test_an_empty_file_is_nothing_and_no_fault() -> None:
    document = document_read("a.yaml", "# nothing yet\n")
    assert (document.root, document.problems) == (None, [])
