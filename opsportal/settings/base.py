"""Settings that hold everywhere. dev, test and prod override a few lines each."""

from pathlib import Path
from typing import Any

from django.contrib.messages import constants as messages

from opsportal.core.database import database_from_url
from opsportal.core.env import (
    env_bool,
    env_choice,
    env_int,
    env_list,
    env_secret,
    env_str,
    env_url,
)
from opsportal.core.limits import Rate
from opsportal.settings.csp import *  # noqa: F403  a page of its own: what browsers may load
from opsportal.settings.logs import *  # noqa: F403  a page of its own: what is logged, and how
from opsportal.settings.people import *  # noqa: F403  a page of its own: logging in
from opsportal.settings.unfold import *  # noqa: F403  a page of its own: the admin's look
from opsportal.settings.watched import WATCHED, WATCHED_DATABASES, WATCHED_SECRETS

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(env_str("OPSPORTAL_DATA_DIR", str(BASE_DIR / "var"))).resolve()
ROLE = env_str("OPSPORTAL_ROLE", "command")  # web, worker or command: decides how connections are kept

DEBUG = False
ALLOWED_HOSTS = env_list("OPSPORTAL_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("OPSPORTAL_TRUSTED_ORIGINS")
ROOT_URLCONF = "opsportal.urls"
ASGI_APPLICATION = "opsportal.asgi.application"
WSGI_APPLICATION = None
AUTH_USER_MODEL = "institutions.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_URL = env_url("OPSPORTAL_SITE_URL", "http://127.0.0.1:8000")
ENVIRONMENT = env_str("OPSPORTAL_ENVIRONMENT")  # shown beside the name, such as "staging"; empty: nothing

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "opsportal.institutions.admin_config.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "channels",
    "django_htmx",
    "django_q",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "opsportal.core",
    "opsportal.jobs",
    "ledger",
    "opsportal.institutions",
    "agents",
    "scenarios",
    "findings",
    "remediation",
    "opsportal.portal",
]

MIDDLEWARE = [
    "opsportal.core.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "opsportal.portal.middleware.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "opsportal.portal.middleware.CspByPathMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "opsportal.core.http.DomainErrorMiddleware",
    "opsportal.institutions.middleware.InstitutionMiddleware",
    "opsportal.portal.middleware.ZoneMiddleware",
]
CSRF_FAILURE_VIEW = "opsportal.core.http.csrf_failure"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "opsportal.portal.context.shell",
            ],
        },
    },
]

MESSAGE_TAGS = {messages.ERROR: "danger", messages.DEBUG: "info"}  # the words of the stylesheet

DATABASES = {"default": database_from_url(env_str("DATABASE_URL"), data_dir=DATA_DIR, role=ROLE)}
DB_APP_ROLE = env_str("OPSPORTAL_DB_APP_ROLE")  # PostgreSQL: the role that serves, when another one owns the tables
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "opsportal_cache",
    },
    # Drawn rows of lists: private to each web process, and worth nothing when it ends.
    "fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "fragments",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
    # django-q writes its statistics twice a second: nobody reads them, so nowhere
    "queue": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}

# ── API ─────────────────────────────────────────────────────────────────────
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["opsportal.institutions.authentication.PortalAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["opsportal.core.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "opsportal.core.openapi.PortalSchema",
    "URL_FORMAT_OVERRIDE": None,  # ``format`` is a word of ours
    "EXCEPTION_HANDLER": "opsportal.core.http.api_exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["opsportal.institutions.throttle.ApiThrottle"],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SECURITY_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "An API token; it carries its institution."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The portal's session. Writing needs X-CSRFToken; a member of several institutions names one in "
        "X-Institution-Id.",
    },
    "internal": {"type": "apiKey", "in": "header", "name": "X-Ops-Internal-Token"},
    "actor_token": {"type": "apiKey", "in": "header", "name": "X-Actor-Token"},
    "runtime": {"type": "apiKey", "in": "header", "name": "Signature"},
}
# Per token or person, and per address of strangers; divided among the web processes.
API_RATE_MEMBER = Rate.of(env_int("OPSPORTAL_API_REQUESTS_PER_MINUTE", 1200, minimum=10, maximum=10_000_000))
API_RATE_STRANGER = Rate.of(env_int("OPSPORTAL_API_STRANGER_REQUESTS_PER_MINUTE", 120, minimum=10, maximum=10_000_000))
WEB_PROCESSES = env_int("OPSPORTAL_WEB_PROCESSES", 1, minimum=1, maximum=256)
SPECTACULAR_SETTINGS = {
    "TITLE": "opsportal",
    "DESCRIPTION": "Watch, understand, act, talk, prove.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SERVE_AUTHENTICATION": [],  # the description is the same for everybody
    "ENUM_NAME_OVERRIDES": {
        "SeverityEnum": "agents.models.Severity",
        "PartyEnum": "agents.models.Party",
        "ThreadStatusEnum": "agents.models.Thread.Status",
        "FindingStatusEnum": "findings.models.Finding.Status",
        "ProposalStatusEnum": "remediation.models.proposals.Proposal.Status",
        "ApprovalStatusEnum": "remediation.models.proposals.Approval.Status",
        "JobStatusEnum": "remediation.models.jobs.Job.Status",
        "ReleaseStatusEnum": "remediation.models.contracts.Release.Status",
        "RuntimeStatusEnum": "remediation.models.runtimes.Runtime.Status",
        "ProbeStateEnum": "scenarios.models.ProbeState",
    },
    "APPEND_COMPONENTS": {"securitySchemes": SECURITY_SCHEMES},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# ── Words and time ──────────────────────────────────────────────────────────
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("pt-br", "Português (Brasil)")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# ── Proof ───────────────────────────────────────────────────────────────────
CHECKPOINT_KEY_FILE = env_str("OPSPORTAL_CHECKPOINT_KEY_FILE", str(DATA_DIR / "keys" / "checkpoint.key"))
KEY_ENCRYPTION_FILE = env_str("OPSPORTAL_KEY_ENCRYPTION_FILE", str(DATA_DIR / "keys" / "encryption.key"))

# ── Files ───────────────────────────────────────────────────────────────────
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "opsportal.portal.bundles.BundleFinder",
]
WHITENOISE_USE_FINDERS = True

# ── Serving ─────────────────────────────────────────────────────────────────
HTTP_VIA = env_choice("OPSPORTAL_HTTP", "wsgi", choices={"wsgi", "asgi"})  # how pages and API reach Django
WEB_THREADS = env_int("OPSPORTAL_WEB_THREADS", 8, minimum=1, maximum=64)  # per process; each may hold a connection
LISTEN_URL = env_secret("OPSPORTAL_LISTEN_URL")
BODY_LIMIT_BYTES = env_int("OPSPORTAL_BODY_LIMIT_BYTES", 32 * 1024 * 1024, minimum=64 * 1024, maximum=2**31)

# ── Jobs ────────────────────────────────────────────────────────────────────
TASK_SECONDS = env_int("OPSPORTAL_TASK_SECONDS", 300, minimum=2, maximum=3600)  # the longest a task may take
STOP_SECONDS = env_int("OPSPORTAL_STOP_SECONDS", 20, minimum=1, maximum=3600)  # then a running task is cut off
CANARY_SECONDS = env_int("OPSPORTAL_CANARY_SECONDS", 30, minimum=1, maximum=3600)
WATCHDOG_SECONDS = env_int("OPSPORTAL_WATCHDOG_SECONDS", TASK_SECONDS + 60, minimum=5, maximum=7200)
Q_CLUSTER = {
    "name": "opsportal",
    "orm": "default",
    "cache": "queue",
    "scheduler": False,  # our ticker looks twice a second, and no row can stop it
    "workers": env_int("OPSPORTAL_WORKERS", 2, minimum=1, maximum=32),
    "queue_limit": 2,  # what waits inside the cluster counts against retry: keep it short
    "bulk": 1,
    "poll": 0.2,
    "timeout": TASK_SECONDS,
    "retry": 3 * TASK_SECONDS,  # delivered again only when the first attempt cannot be running any more
    "max_attempts": 3,
    "ack_failures": True,
    "catch_up": False,
    "save_limit": 100,
    "recycle": 500,
    "guard_cycle": 0.5,  # must divide timeout exactly in binary, or the hard kill never fires
    "label": "Background jobs",
}

# ── Watching ────────────────────────────────────────────────────────────────
INTERVAL_SECONDS = env_int("AGENTIC_INTERVAL_SEC", 300, minimum=5, maximum=86_400)
RUN_RETENTION_DAYS = env_int("OPSPORTAL_RUN_RETENTION_DAYS", 90, minimum=1, maximum=36_500)
TICK_DEADLINE_SECONDS = env_int(
    "OPSPORTAL_TICK_DEADLINE_SEC", min(60, max(4, INTERVAL_SECONDS * 4 // 5)), minimum=1, maximum=600
)
LLM_ENABLED = env_bool("AGENTIC_LLM_ENABLED", False)
OLLAMA_BASE_URL = env_url("OLLAMA_BASE_URL")
LLM_MODEL = env_str("AGENTIC_LLM_MODEL", "qwen2.5:7b-instruct")
EMBED_MODEL = env_str("AGENTIC_EMBED_MODEL", "nomic-embed-text")
SPECS_ROOT = env_str("AGENTIC_SPECS_ROOT")
INTERNAL_TOKEN = env_secret("OPS_INTERNAL_TOKEN")

PROBE_DATABASES = WATCHED_DATABASES  # name -> DSN of the databases that sql checks may read
REGISTRY = Path(env_str("OPSPORTAL_REGISTRY", str(BASE_DIR / "scenarios" / "registry.yaml")))
REGISTRY_DIR = DATA_DIR / "registry.d"
REGISTRY_SECRETS = WATCHED_SECRETS
REGISTRY_VARIABLES = {
    **WATCHED,
    "AGENTIC_EMBED_MODEL": EMBED_MODEL,
    "AGENTIC_LLM_MODEL": LLM_MODEL,
    "OLLAMA_BASE_URL": OLLAMA_BASE_URL,
    "OPSPORTAL_DATA_DIR": str(DATA_DIR),
    "OPSPORTAL_SITE_URL": SITE_URL,
}
