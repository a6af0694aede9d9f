"""Several files as one text, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.registry.bundle import bundle_digest, bundle_pack, bundle_unpack
from scenarios.registry.problems import RegistryError
from tests.scenarios.registry.texts import entry, problems_of, text

NAMES = st.from_regex(r"[\w.\- ]{1,20}", fullmatch=True)


@given(st.lists(st.tuples(NAMES, st.text())))
def test_whatever_the_files_hold_they_come_back(files: list[tuple[str, str]]) -> None:
    assert bundle_unpack(bundle_pack(files)) == files


def test_a_file_that_looks_like_two_is_one() -> None:
    inner = bundle_pack([("b.yaml", "x: 1\n")])
    assert bundle_unpack(bundle_pack([("a.yaml", inner)])) == [("a.yaml", inner)]


def test_the_names_count() -> None:
    assert bundle_digest([("a.yaml", "")]) != bundle_digest([("b.yaml", "")])


def test_a_damaged_text_is_said_to_be() -> None:
    with pytest.raises(RegistryError, match="the stored registry is damaged"):
        bundle_unpack("# fill a.yaml, 3 characters\nabc\n")


def test_of_very_many_problems_the_first_are_told() -> None:
    found = problems_of(text(*[entry(f"a{number}", owner="A9") for number in range(250)]))
    assert len(found) == 201
    assert found[-1] == "a.yaml: and 50 more problems"
