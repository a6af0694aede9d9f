"""From the text of a contract to its bundle: thirteen texts, the same bytes for the same source."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from opsportal.core.canonical import Json, canonical_text
from remediation.contracts.check_names import names_check
from remediation.contracts.check_safety import safety_check
from remediation.contracts.contract import Contract
from remediation.contracts.diagnostics import Problems
from remediation.contracts.emit_ir import ir_emit
from remediation.contracts.emit_openapi import openapi_emit
from remediation.contracts.emit_rules import rules_emit
from remediation.contracts.format import document_format
from remediation.contracts.names import GATE_ORDER, IR, LEDGER, LISTED, MANIFEST, OPENAPI
from remediation.contracts.parse import document_parse
from remediation.contracts.read import contract_read


@dataclass(frozen=True, slots=True)
class Compiled:
    """A bundle. ``artifacts`` is file name to text; ``digest`` the SHA-256 of the manifest, which holds all others'."""

    artifacts: Mapping[str, str]
    digest: str
    name: str  # personal-ops
    version: str  # 1.0.0
    department: str  # personal_ops

    @property
    def contract(self) -> str:
        """The name that people and orders use: ``personal_ops@v1.0.0``."""
        return f"{self.department}@v{self.version}"


def contract_compile(text: str) -> Compiled:
    """Return the bundle of a contract; raise ContractError with everything that is wrong with it.

    Pure, and without a clock: the same text makes the same bytes, and so does the text after ``contract_format``.
    """
    document = document_parse(text)
    problems = Problems()
    contract = contract_read(document, problems)
    names_check(contract, problems)
    safety_check(contract, problems)
    problems.refuse()
    return _bundle(contract, document_format(document))


def _bundle(contract: Contract, source: str) -> Compiled:
    rules = rules_emit(contract)
    texts = {name: canonical_text(rule) for name, rule in rules.items()}
    texts[IR] = canonical_text(ir_emit(contract, rules, source))
    texts[OPENAPI] = openapi_emit(contract)
    texts[LEDGER] = canonical_text(_ledger(contract, source, texts))
    texts[MANIFEST] = canonical_text(_manifest(contract, texts))
    return Compiled(
        artifacts=MappingProxyType({name: texts[name] for name in sorted(texts)}),
        digest=_sha256(texts[MANIFEST]),
        name=contract.system.name.text,
        version=contract.system.version.text,
        department=contract.system.domain.text,
    )


def _ledger(contract: Contract, source: str, texts: Mapping[str, str]) -> Json:
    return {
        "ledger_version": 1,
        "bundle_name": contract.system.name.text,
        "bundle_version": contract.system.version.text,
        "source_idl_sha256": _sha256(source),
        "contracts": [{"file": name, "sha256": _sha256(texts[name])} for name in sorted(texts)],
    }


def _manifest(contract: Contract, texts: Mapping[str, str]) -> Json:
    system = contract.system
    return {
        "manifest_version": 1,
        "name": system.name.text,
        "version": system.version.text,
        "description": system.description.text,
        "contract": f"{system.domain.text}@v{system.version.text}",
        "department": system.domain.text,
        "mode": system.tenancy,
        "gate_order": list(GATE_ORDER),
        "contracts": [{"file": name, "required": True, "sha256": _sha256(texts[name])} for name in LISTED],
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
