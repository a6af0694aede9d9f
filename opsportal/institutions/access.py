"""Who may do what: the one matrix of roles and permissions.

A role is a Django group granted per institution. A permission is a verb. Views, services, admin,
templates, the documentation page and the tests read the matrix below; nothing else decides.
"""

from collections.abc import Iterable
from enum import StrEnum

from opsportal.core.actor import Actor, ActorKind
from opsportal.core.errors import RefusedError


class Role(StrEnum):
    """What a member can be. The value is the name of the group."""

    SUPER_ADMIN = "super_admin"
    OPS_LEAD = "ops_lead"
    TECHNICIAN = "technician"
    NOC = "noc"
    AGENTIC_OPERATOR = "agentic_operator"
    DEVELOPER = "developer"
    DEVOPS = "devops"
    SECURITY_ANALYST = "security_analyst"
    SEO = "seo"
    ORG_ADMIN = "org_admin"
    OWNER = "owner"
    EXECUTIVE_ADMIN = "executive_admin"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """The verbs that are allowed or refused."""

    INSTITUTION_ENTER = "institution.enter"
    OPS_READ = "ops.read"
    OPS_WRITE = "ops.write"
    RUN_START = "run.start"
    SCENARIO_MANAGE = "scenario.manage"
    PERSONAL_READ = "personal.read"
    LEDGER_READ = "ledger.read"
    LEDGER_EXPORT = "ledger.export"
    MEMBER_READ = "member.read"
    MEMBER_MANAGE = "member.manage"
    TOKEN_MANAGE = "token.manage"  # noqa: S105  the name of a permission
    SETTINGS_MANAGE = "settings.manage"
    ADMIN_ACCESS = "admin.access"
    PROPOSAL_READ = "proposal.read"
    PROPOSAL_CREATE = "proposal.create"
    APPROVAL_DECIDE = "approval.decide"
    CONTRACT_READ = "contract.read"
    CONTRACT_RELEASE = "contract.release"
    RUNTIME_READ = "runtime.read"
    RUNTIME_MANAGE = "runtime.manage"
    BRAKES_PULL = "brakes.pull"


class Door(StrEnum):
    """What a view declares that asks for no permission of an institution."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"


# Who works on the machines, and answers what waits in an inbox.
HANDS = frozenset(
    {
        Role.SUPER_ADMIN,
        Role.OPS_LEAD,
        Role.TECHNICIAN,
        Role.AGENTIC_OPERATOR,
        Role.DEVELOPER,
        Role.DEVOPS,
        Role.SECURITY_ANALYST,
        Role.SEO,
    }
)
# Who answers for the institution: people, cases and proof, but no details of hosts.
BOARD = frozenset({Role.ORG_ADMIN, Role.OWNER, Role.EXECUTIVE_ADMIN})
EVERYBODY = frozenset(Role)
# Who must be told when the ledger of the institution does not verify.
ANSWERABLE = frozenset({Role.OWNER, Role.SUPER_ADMIN})

MATRIX: dict[Permission, frozenset[Role]] = {
    Permission.INSTITUTION_ENTER: EVERYBODY,
    Permission.OPS_READ: HANDS | {Role.NOC, Role.AUDITOR},
    Permission.OPS_WRITE: HANDS,
    Permission.RUN_START: frozenset({Role.SUPER_ADMIN, Role.OPS_LEAD, Role.AGENTIC_OPERATOR}),
    Permission.SCENARIO_MANAGE: frozenset({Role.SUPER_ADMIN, Role.OPS_LEAD}),
    Permission.PERSONAL_READ: EVERYBODY - {Role.NOC},
    Permission.LEDGER_READ: HANDS - {Role.SEO} | BOARD | {Role.AUDITOR},
    Permission.LEDGER_EXPORT: BOARD | {Role.SUPER_ADMIN, Role.SECURITY_ANALYST, Role.AUDITOR},
    Permission.MEMBER_READ: BOARD | {Role.SUPER_ADMIN, Role.OPS_LEAD, Role.SECURITY_ANALYST, Role.AUDITOR},
    Permission.MEMBER_MANAGE: frozenset({Role.SUPER_ADMIN, Role.ORG_ADMIN, Role.OWNER}),
    Permission.TOKEN_MANAGE: HANDS | {Role.ORG_ADMIN, Role.OWNER},
    Permission.SETTINGS_MANAGE: frozenset({Role.SUPER_ADMIN, Role.OWNER}),
    Permission.ADMIN_ACCESS: frozenset({Role.SUPER_ADMIN, Role.OPS_LEAD, Role.ORG_ADMIN, Role.OWNER, Role.AUDITOR}),
    # Whether an operation is allowed, and who must approve it, is the contract's word; these open the doors to ask.
    Permission.PROPOSAL_READ: HANDS | BOARD | {Role.NOC, Role.AUDITOR},
    Permission.PROPOSAL_CREATE: HANDS - {Role.SEO} | {Role.OWNER, Role.EXECUTIVE_ADMIN},
    Permission.APPROVAL_DECIDE: BOARD | {Role.SUPER_ADMIN, Role.OPS_LEAD, Role.DEVOPS, Role.SECURITY_ANALYST},
    Permission.CONTRACT_READ: EVERYBODY,
    Permission.CONTRACT_RELEASE: frozenset({Role.SUPER_ADMIN, Role.OWNER}),
    Permission.RUNTIME_READ: HANDS | BOARD | {Role.NOC, Role.AUDITOR},
    Permission.RUNTIME_MANAGE: frozenset({Role.SUPER_ADMIN, Role.OPS_LEAD, Role.DEVOPS, Role.OWNER}),
    Permission.BRAKES_PULL: frozenset({Role.SUPER_ADMIN, Role.OPS_LEAD, Role.OWNER, Role.EXECUTIVE_ADMIN}),
}

WRITES = frozenset(
    {
        Permission.OPS_WRITE,
        Permission.RUN_START,
        Permission.SCENARIO_MANAGE,
        Permission.MEMBER_MANAGE,
        Permission.TOKEN_MANAGE,
        Permission.SETTINGS_MANAGE,
        Permission.PROPOSAL_CREATE,
        Permission.APPROVAL_DECIDE,
        Permission.CONTRACT_RELEASE,
        Permission.RUNTIME_MANAGE,
        Permission.BRAKES_PULL,
    }
)

# The installation's own acts: the ticker, and commands given on the machine itself.
_TRUSTED = frozenset({ActorKind.SYSTEM, ActorKind.SCHEDULE})

# Not a role of an institution: who answers for the installation itself, made by a command.
SUPERUSER = "superuser"

# Only a super_admin gives or takes these: whoever may appoint people cannot so appoint a master.
PRIVILEGED = frozenset({Role.SUPER_ADMIN, Role.OWNER})


def may(roles: Iterable[str], permission: Permission) -> bool:
    """Return True when one of ``roles`` holds ``permission``."""
    return not MATRIX[permission].isdisjoint(roles)


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """Return every permission that ``roles`` hold together."""
    held = frozenset(roles)
    return frozenset(permission for permission, holders in MATRIX.items() if not holders.isdisjoint(held))


def require(actor: Actor, permission: Permission) -> None:
    """Raise RefusedError (403) unless ``actor`` holds ``permission``.

    The schedule and the system act for the installation and are not members; they pass.
    """
    if actor.kind in _TRUSTED or may(actor.roles, permission):
        return
    raise RefusedError(f"This needs the permission {permission.value}, which your roles do not hold.")


def require_installation(actor: Actor) -> None:
    """Raise RefusedError (403) unless ``actor`` acts for the installation: the system, or a superuser."""
    if actor.kind is not ActorKind.SYSTEM and SUPERUSER not in actor.roles:
        raise RefusedError("Only whoever answers for the installation may do this.")
