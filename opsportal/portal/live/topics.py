"""Which topic an entry refreshes: the tables of all apps, put together."""

from collections.abc import Iterable, Mapping
from importlib import import_module

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import module_has_submodule

from opsportal.core.topics import Topic
from opsportal.institutions.access import Permission


def topics_compose(tables: Iterable[Mapping[str, Topic]]) -> dict[str, Topic]:
    """Return one table of entry kinds. Raises ImproperlyConfigured on a kind in two tables or an unknown permission."""
    composed: dict[str, Topic] = {}
    for table in tables:
        for kind, topic in table.items():
            if kind in composed:
                raise ImproperlyConfigured(f"two apps say what {kind} refreshes")
            if topic.permission not in set(Permission):
                raise ImproperlyConfigured(f"the topic {topic.name} needs {topic.permission}, which is no permission")
            composed[str(kind)] = topic
    return composed


def topics_of_apps() -> dict[str, Topic]:
    """Return the table of every installed app that has a ``topics.py`` with ``TOPICS`` in it."""
    configs = [config for config in apps.get_app_configs() if config.module]
    modules = [
        import_module(f"{config.name}.topics") for config in configs if module_has_submodule(config.module, "topics")
    ]
    return topics_compose(module.TOPICS for module in modules if hasattr(module, "TOPICS"))
