"""The table of the database cache is made by migrations: login limits are shared by all processes."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.cache.backends.db import DatabaseCache
from django.test import Client, override_settings
from django.utils import timezone

from opsportal.institutions.access import Role
from opsportal.institutions.models import CacheRow, Institution
from opsportal.settings import base
from tests.institutions.factories import member_make

pytestmark = pytest.mark.django_db


def test_the_installation_keeps_its_cache_in_that_table() -> None:
    default: Any = base.CACHES["default"]
    assert (default["BACKEND"], default["LOCATION"]) == (
        "django.core.cache.backends.db.DatabaseCache",
        CacheRow._meta.db_table,
    )


def test_what_is_kept_is_found_counted_and_forgotten_in_time() -> None:
    cache = DatabaseCache(CacheRow._meta.db_table, {})
    assert cache.add("a", 1, timeout=60)
    assert not cache.add("a", 2, timeout=60)
    assert cache.incr("a") == 2
    with time_machine.travel(timezone.now() + timedelta(seconds=400), tick=False):
        assert cache.get("a") is None
        assert cache.add("a", 5, timeout=60)
    cache.clear()
    assert not CacheRow.objects.exists()


def test_guesses_are_counted_there(home: Institution, system: Institution) -> None:
    member_make(home, Role.TECHNICIAN, username="ana")
    with override_settings(CACHES={**settings.CACHES, "default": base.CACHES["default"]}):
        answers = [
            Client().post("/accounts/login/", {"login": "ana", "password": "guess"}).status_code for _ in range(6)
        ]
    assert answers == [200] * 5 + [429]
    assert CacheRow.objects.exists()
