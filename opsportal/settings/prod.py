"""A server behind TLS: secrets only from the environment or a file, nothing generated."""

from django.core.exceptions import ImproperlyConfigured

from opsportal.core.env import env_int, env_secret
from opsportal.settings.base import *  # noqa: F403  settings are made to be extended this way
from opsportal.settings.base import INTERNAL_TOKEN

SECRET_KEY = env_secret("OPSPORTAL_SECRET_KEY")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("OPSPORTAL_SECRET_KEY must be set, with at least 50 characters")
if not INTERNAL_TOKEN:
    raise ImproperlyConfigured("OPS_INTERNAL_TOKEN must be set")
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env_int("OPSPORTAL_HSTS_SECONDS", 31_536_000, minimum=3600, maximum=126_144_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = False
