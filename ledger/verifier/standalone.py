"""The verifier of a case as one file: what it shares with the ledger's verifier is put in where it imports it."""

from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_SHARED, _REST = "# ── Shared with", "# ── End of what is shared"
_COMMAND = "# ── The command"


@cache
def case_verifier_text() -> str:
    """Return ``verify.py``: one file that needs only Python, made of ``opsportal_verify.py`` and ``opsportal_case.py``."""
    case = (_HERE / "opsportal_case.py").read_text(encoding="utf-8")
    ledger = (_HERE / "opsportal_verify.py").read_text(encoding="utf-8")
    shared = ledger[ledger.index("\nimport ") + 1 : ledger.index(_COMMAND)]
    return case[: case.index(_SHARED)] + shared + case[case.index(_REST) :]
