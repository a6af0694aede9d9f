"""The evidence of one case, so that a stranger can check it without the portal."""

from remediation.evidence.export import case_bundle

__all__ = ["case_bundle"]
