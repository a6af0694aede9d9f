"""The rules of a bundle as a page shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from opsportal.core.errors import ConflictError
from remediation import engine
from remediation.active import rules_of
from remediation.contracts.words import Sentence, rules_in_words
from remediation.models import Bundle

SECTIONS: Mapping[str, Promise] = {
    "who": _("Who may ask for what"),
    "approval": _("What other people must agree to"),
    "duties": _("What comes before"),
    "limits": _("Limits"),
    "windows": _("When not"),
    "autonomy": _("What agents do by themselves"),
    "emergency": _("In an emergency"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """The sentences of one section."""

    title: str
    sentences: list[Sentence] = field(default_factory=list)


def rules_grouped(bundle: Bundle) -> list[Group]:
    """Return the rules of ``bundle`` in plain words, by section; nothing when it does not verify."""
    try:
        rules_of(bundle)
        sentences = rules_in_words(bundle.artifacts)
    except (engine.BundleError, KeyError, ValueError):
        return []
    groups: dict[str, Group] = {}
    for one in sentences:
        groups.setdefault(one.section, Group(str(SECTIONS.get(one.section, one.section)))).sentences.append(one)
    return list(groups.values())


def department_of(bundle: Bundle) -> str:
    """Return the department that ``bundle`` is for; raise ConflictError when it does not verify."""
    try:
        return rules_of(bundle).department
    except engine.BundleError as error:
        raise ConflictError(f"The bundle does not verify: {error.detail}.", code="VERIFY_FAILED") from None
