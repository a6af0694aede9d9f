"""The embedded installation that ``make run`` starts: one machine, SQLite, plain HTTP on loopback."""

from opsportal.core.env import env_bool, env_secret, secret_from_file_or_new
from opsportal.settings.base import *  # noqa: F403  settings are made to be extended this way
from opsportal.settings.base import DATA_DIR, INTERNAL_TOKEN

DEBUG = env_bool("OPSPORTAL_DEBUG", False)
SECRET_KEY = env_secret("OPSPORTAL_SECRET_KEY") or secret_from_file_or_new(DATA_DIR / "secrets" / "django.key")
INTERNAL_TOKEN = INTERNAL_TOKEN or secret_from_file_or_new(DATA_DIR / "secrets" / "internal.token")
