"""What people read about the language is what it does."""

import json
import re
from pathlib import Path

from remediation.contracts.compile import contract_compile
from remediation.contracts.diagnostics import CODES
from remediation.contracts.format import contract_format
from remediation.contracts.read import SECTIONS
from remediation.contracts.shipped import PERSONAL_OPS, shipped_text

PAGE = (Path(__file__).parents[3] / "docs" / "contracts.md").read_text(encoding="utf-8")


def test_the_page_has_every_code_in_the_words_of_the_program() -> None:
    table = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert table == dict(CODES)


def test_the_page_has_every_section() -> None:
    assert set(re.findall(r"^### (\w+)$", PAGE, re.MULTILINE)) == set(SECTIONS)


def test_the_example_compiles_and_is_tidy() -> None:
    (example,) = re.findall(r"```contract\n(.+?)```", PAGE, re.DOTALL)
    assert contract_compile(example).contract == "desk@v1.0.0"
    assert contract_format(example) == example


def test_the_page_has_every_operation_of_the_shipped_contract_with_its_risk_and_parameters() -> None:
    told = {
        name: (risk, set(re.findall(r"`(\w+)`", params)))
        for name, risk, params in re.findall(r"^\| `([a-z_.]+)` \| (R\d) \| (.+) \|$", PAGE, re.MULTILINE)
    }
    operations = json.loads(contract_compile(shipped_text(PERSONAL_OPS)).artifacts["operations.json"])["operations"]
    assert {name: risk for name, (risk, _) in told.items()} == {item["name"]: item["risk"] for item in operations}
    for item in operations:
        assert {param["name"] for param in item["params"]} <= told[item["name"]][1]
