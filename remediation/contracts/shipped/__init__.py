"""The contracts that come with the portal. Their names are said here and nowhere else."""

from pathlib import Path

PERSONAL_OPS = "personal_ops@v1.0.0"
SHIPPED = (PERSONAL_OPS,)


def shipped_text(contract: str) -> str:
    """Return the source of a contract of SHIPPED; raise KeyError for any other name."""
    if contract not in SHIPPED:
        raise KeyError(contract)
    return (Path(__file__).parent / f"{contract}.idl").read_text(encoding="utf-8")
