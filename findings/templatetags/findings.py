"""``{% load findings %}``: the words of a finding in the reader's language."""

from django import template
from django.utils import translation

from findings.models import Finding

register = template.Library()


@register.filter
def what_to_do(finding: Finding) -> str:
    """Return the human action in the reader's language, else in English."""
    actions = finding.human_action
    return str(actions.get(translation.get_language() or "en") or actions.get("en", ""))
