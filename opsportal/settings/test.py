"""The suite: fast hasher, tasks inline, no files outside the temporary folder."""

import os
import tempfile

os.environ.setdefault("OPSPORTAL_DATA_DIR", tempfile.mkdtemp(prefix="opsportal-test-"))

from opsportal.core.limits import Rate
from opsportal.settings.base import *  # noqa: F403  the data folder must be set first
from opsportal.settings.base import CACHES, DATABASES, Q_CLUSTER, STATIC_ROOT

API_RATE_MEMBER = API_RATE_STRANGER = Rate.of(10_000_000)  # tests of limits set their own
SECRET_KEY = "only-for-tests"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns when it is missing
INTERNAL_TOKEN = "only-for-tests-internal"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {
    **CACHES,
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
Q_CLUSTER = {**Q_CLUSTER, "sync": True}
DATABASES["default"]["CONN_MAX_AGE"] = 0  # threads that a test started must not hold the database
if DATABASES["default"]["ENGINE"].endswith("sqlite3") and "DATABASE_URL" not in os.environ:
    DATABASES["default"]["NAME"] = ":memory:"
