"""Installations with real processes."""

from tests.lab.fixtures import installation, template_url

__all__ = ["installation", "template_url"]
