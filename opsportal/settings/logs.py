"""What is logged, and how."""

from opsportal.core.env import env_choice
from opsportal.core.logs import logging_config

LOG_LEVEL = env_choice("OPSPORTAL_LOG_LEVEL", "info", choices={"debug", "info", "warning", "error"})
LOG_FORMAT = env_choice("OPSPORTAL_LOG_FORMAT", "json", choices={"json", "text"})
LOGGING = logging_config(level=LOG_LEVEL.upper(), is_json=LOG_FORMAT == "json")
