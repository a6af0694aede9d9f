"""Every byte of a bundle counts."""

import hashlib
import json
from collections.abc import Callable

import pytest

from remediation.contracts.compile import contract_compile
from remediation.contracts.verify import artifacts_verify
from remediation.engine import BundleError, bundle_load
from tests.remediation.contracts.texts import DESK

MANIFEST = "bundle.manifest.json"
Texts = dict[str, str]


@pytest.fixture
def texts() -> Texts:
    return dict(contract_compile(DESK).artifacts)


def test_a_bundle_as_it_was_compiled_is_sound(texts: Texts) -> None:
    assert artifacts_verify(texts) is None


@pytest.mark.spec("V11")
def test_one_byte_in_any_text_is_noticed(texts: Texts) -> None:
    for name in texts.keys() - {MANIFEST}:
        for spoilt in (texts[name] + " ", texts[name][:-1], texts[name].replace("desk", "disk", 1)):
            if spoilt != texts[name]:
                assert artifacts_verify(texts | {name: spoilt}) == "BUNDLE_CONTRACT_HASH_MISMATCH", name


@pytest.mark.spec("V11")
def test_a_text_that_is_missing_or_too_many_is_noticed(texts: Texts) -> None:
    for name in texts.keys() - {MANIFEST}:
        left = {key: value for key, value in texts.items() if key != name}
        assert artifacts_verify(left) == "BUNDLE_CONTRACT_MISSING"
    assert artifacts_verify(texts | {"more.json": "{}"}) == "BUNDLE_CONTRACT_HASH_MISMATCH"


def test_a_manifest_that_is_missing_is_told_first(texts: Texts) -> None:
    del texts[MANIFEST]
    assert artifacts_verify(texts) == "BUNDLE_MANIFEST_MISSING"
    assert artifacts_verify({}) == "BUNDLE_MANIFEST_MISSING"


@pytest.mark.parametrize(
    "manifest",
    ["", "{", "[]", "{}", '{"contracts": {}}', '{"contracts": [1]}', '{"contracts": [{"file": "a"}]}', "[" * 100_000],
)
def test_a_manifest_of_another_form_is_refused(texts: Texts, manifest: str) -> None:
    assert artifacts_verify(texts | {MANIFEST: manifest}) == "BUNDLE_MANIFEST_INVALID_JSON"


def remade(texts: Texts, change: Callable[[list[dict[str, object]]], object]) -> Texts:
    manifest = json.loads(texts[MANIFEST])
    change(manifest["contracts"])
    return texts | {MANIFEST: json.dumps(manifest)}


def test_a_manifest_that_leaves_a_text_out_together_with_it_is_refused(texts: Texts) -> None:
    left = remade(
        texts, lambda entries: entries.remove(next(entry for entry in entries if entry["file"] == "sod.json"))
    )
    del left["sod.json"]
    assert artifacts_verify(left) == "BUNDLE_CONTRACT_MISSING"


def test_a_manifest_that_names_a_text_twice_is_refused(texts: Texts) -> None:
    assert artifacts_verify(remade(texts, lambda entries: entries.append(entries[0]))) == "BUNDLE_MANIFEST_INVALID_JSON"


def test_a_text_that_is_hashed_well_and_no_json_is_refused(texts: Texts) -> None:
    digest = hashlib.sha256(b"{nothing").hexdigest()

    def change(entries: list[dict[str, object]]) -> None:
        next(entry for entry in entries if entry["file"] == "sod.json")["sha256"] = digest

    assert artifacts_verify(remade(texts, change) | {"sod.json": "{nothing"}) == "BUNDLE_CONTRACT_INVALID_JSON"


def test_the_engine_says_the_same_of_every_spoilt_bundle(texts: Texts) -> None:
    spoilt = [
        {key: value for key, value in texts.items() if key != MANIFEST},
        {key: value for key, value in texts.items() if key != "sod.json"},
        texts | {MANIFEST: "{"},
        texts | {"sod.json": "{}"},
        texts | {"more.json": "{}"},
    ]
    for bundle in spoilt:
        with pytest.raises(BundleError) as caught:
            bundle_load(bundle)
        assert caught.value.code == artifacts_verify(bundle)
