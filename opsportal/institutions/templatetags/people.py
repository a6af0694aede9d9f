"""``{% load people %}``"""

from django import template

from opsportal.institutions.personal import personal as shown

register = template.Library()


@register.filter
def personal(text: object) -> str:
    """Show a personal text, or its mask to those who may not read personal data: ``{{ user|personal }}``."""
    return "" if text is None else shown(text)
