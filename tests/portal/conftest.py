"""Installations with real processes, and the queue as it is in production."""

from tests.jobs.conftest import queue
from tests.lab.fixtures import installation, template_url

__all__ = ["installation", "queue", "template_url"]
