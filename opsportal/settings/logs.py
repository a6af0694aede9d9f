"""What is logged, and how."""

from opsportal.core.env import env_choice
from opsportal.core.logs import logging_config

LOG_LEVEL = env_choice("OPSPORTAL_LOG_LEVEL", "info", choices={"debug", "info", "warning", "error"})
LOG_FORMAT = env_choice("OPSPORTAL_LOG_FORMAT", "json", choices={"json", "text"})
LOGGING = logging_config(level=LOG_LEVEL.upper(), is_json=LOG_FORMAT == "json")

DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # RequestIdMiddleware has put a checked one there
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # it would believe X-Forwarded-For; RequestIdMiddleware binds the address
DJANGO_STRUCTLOG_USER_ID_FIELD = "code"
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = 10  # DEBUG: one line per request is enough
DJANGO_STRUCTLOG_STATUS_4XX_LOG_LEVEL = 20  # INFO: somebody else's mistake is no warning of ours
