"""What registry files may refer to as ${NAME} and ${secret:NAME}: this, and nothing else of the environment."""

from opsportal.core.env import env_named, env_secret, env_secrets, env_str

WATCHED = {
    **env_named(
        "AGENTIC_CRITICAL_VMIDS",
        "DESK_API_URL",
        "HOST_PORTS",
        "HOST_PROCESSES",
        "INTEGRATION_WEBHOOK_GAP_SEC",
        "OPENPANEL_BRIDGE_URL",
        "PFSENSE_CA_FILE",
        "PFSENSE_URL",
        "PVE_CA_FILE",
        "PVE_URL",
        "VM112_API_URL",
        "VM112_PORTAL_URL",
        "VM123_FOSS_URL",
        "VM123_IP",
        "VM123_ODOO_URL",
        "VM123_TCP_PORT",
        prefix="OPSPORTAL_VAR_",
    ),
    "OPENPANEL_BRIDGE_PATH": env_str("OPENPANEL_BRIDGE_PATH", "/"),
}
WATCHED_SECRETS = env_secrets("PFSENSE_API_KEY", "PVE_API_TOKEN", prefix="OPSPORTAL_PROBE_SECRET_")

# Databases that sql checks may read, by the name that a check says: postgres://… or sqlite:////path.
_PREFIX = "OPSPORTAL_PROBE_DATABASE_"
_databases = env_secrets(prefix=_PREFIX)
WATCHED_DATABASES = {name.removeprefix(_PREFIX).lower(): dsn for name, dsn in _databases.items()} | {
    "desk": env_secret("DESK_DATABASE_URL")
}
