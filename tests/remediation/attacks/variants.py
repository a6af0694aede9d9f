"""Contracts that differ from the shipped one in exactly one thing."""

from opsportal.core.actor import SYSTEM
from remediation import services
from remediation.models import Release
from tests.remediation.factories import Governed, contract_text

_RULE = """  rule files_delete {
    operations: [files.delete]
    stage decision {
      roles: [owner, executive_admin]
      quorum: 1
    }
"""
_TWO_STAGES = """  rule files_delete {
    operations: [files.delete]
    stage first {
      roles: [owner]
      quorum: 1
    }
    stage second {
      roles: [executive_admin, owner]
      quorum: 1
    }
"""
_ENDPOINT = """      request: FilesDelete
      permission: files.delete
      scope: department
      risk: R2
"""


def changed(*pairs: tuple[str, str]) -> str:
    """Return the shipped contract with texts replaced; each must stand there exactly once."""
    text = contract_text()
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def two_needed() -> str:
    """Two people have to agree to a deletion."""
    return changed((_RULE, _RULE.replace("quorum: 1", "quorum: 2")))


def two_stages() -> str:
    """First an owner, then somebody else."""
    return changed((_RULE, _TWO_STAGES))


def destructive() -> str:
    """A deletion is R3, so two have to agree, and each proves once more who they are."""
    return changed((_RULE, _RULE.replace("quorum: 1", "quorum: 2")), (_ENDPOINT, _ENDPOINT.replace("R2", "R3")))


def newer(version: str = "1.0.1") -> str:
    """The same rules under another version."""
    return changed(('version: "1.0.0"', f'version: "{version}"'))


def release(governed: Governed, source: str) -> Release:
    """Put a contract into force."""
    bundle = services.bundle_compile(institution=governed.institution, source=source, actor=SYSTEM)
    return services.bundle_release(department=governed.department, bundle=bundle, actor=SYSTEM)


def agents_delete() -> str:
    """Agents of the highest level may ask for a deletion."""
    return changed(
        (
            "      archive.create,\n      jobs.get,\n      jobs.enqueue,",
            "      archive.create,\n      files.delete,\n      jobs.get,\n      jobs.enqueue,",
        ),
        (
            "    operations: [files.rename, files.move, files.delete, files.plan.apply]\n    roles: [owner]",
            "    operations: [files.rename, files.move, files.delete, files.plan.apply]\n    roles: [owner, organizational_agent]",
        ),
        ("current_level: 1", "current_level: 4"),
    )


def crowded() -> str:
    """Two people have to agree, and no budget ends after 200."""
    budget = "  budget deletions {\n    operations: [files.delete]\n    limit: "
    text = two_needed()
    assert text.count(f"{budget}200\n") == 1
    return text.replace(f"{budget}200\n", f"{budget}2000\n")
