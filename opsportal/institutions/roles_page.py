"""docs/roles.md, drawn from the matrix."""

from opsportal.institutions.access import MATRIX, PRIVILEGED, WRITES, Permission, Role

MEANING = {
    Permission.INSTITUTION_ENTER: "open the portal of the institution",
    Permission.OPS_READ: "see findings, scenarios, runs, agents, threads, hosts",
    Permission.OPS_WRITE: "acknowledge, reply, resolve by hand",
    Permission.RUN_START: "run a scenario now",
    Permission.SCENARIO_MANAGE: "switch scenarios on and off",
    Permission.PERSONAL_READ: "see names, user names and addresses of people; without it they are masked",
    Permission.LEDGER_READ: "see the ledger",
    Permission.LEDGER_EXPORT: "export the ledger, with its proofs",
    Permission.MEMBER_READ: "see who is a member, with which roles, and the API tokens",
    Permission.MEMBER_MANAGE: "add and remove members, give and take roles, revoke anybody's API token",
    Permission.TOKEN_MANAGE: "make and revoke one's own API tokens; make one for a member who may no more than oneself",
    Permission.SETTINGS_MANAGE: "change the institution: departments",
    Permission.ADMIN_ACCESS: "open the admin",
    Permission.PROPOSAL_READ: "see proposals, approvals, jobs and what became of them",
    Permission.PROPOSAL_CREATE: "ask for an operation; whether it is allowed is the contract's word",
    Permission.APPROVAL_DECIDE: "vote, where the contract names one's role; cancel a job that nobody has taken",
    Permission.CONTRACT_READ: "see the contracts and their rules",
    Permission.CONTRACT_RELEASE: "compile and release contracts, roll back",
    Permission.RUNTIME_READ: "see the runtimes",
    Permission.RUNTIME_MANAGE: "enrol and revoke runtimes",
    Permission.BRAKES_PULL: "pull and release the emergency stop and the freeze",
}
IS = {
    Role.SUPER_ADMIN: "the master of the institution",
    Role.OPS_LEAD: "leads the operators",
    Role.TECHNICIAN: "works on the machines",
    Role.NOC: "watches the screens; reads only, personal data masked",
    Role.AGENTIC_OPERATOR: "works with the agents",
    Role.DEVELOPER: "builds what runs there",
    Role.DEVOPS: "builds and runs",
    Role.SECURITY_ANALYST: "answers for security",
    Role.SEO: "answers for how the sites are found",
    Role.ORG_ADMIN: "appoints people",
    Role.OWNER: "owns the institution",
    Role.EXECUTIVE_ADMIN: "decides for the owner",
    Role.AUDITOR: "reads everything, changes nothing",
}


def roles_markdown() -> str:
    """Return the page that explains roles and permissions, as it stands in ``docs/``."""
    return "\n".join([*_head(), *_roles(), "", *_permissions(), "", *_matrix(), "", *_rules(), ""])


def _head() -> list[str]:
    return [
        "# Roles and permissions",
        "",
        "Written by `make docs` from `opsportal/institutions/access.py`; a test holds it to that. Change it there.",
        "",
        "A member of an institution has roles; a role holds permissions; a member may what any of their roles holds.",
        "The same person can have other roles in another institution. Every page, API operation and service asks for",
        "one permission, and a test walks every route with every role.",
        "",
    ]


def _roles() -> list[str]:
    return ["| role | is |", "|---|---|", *(f"| `{role.value}` | {IS[role]} |" for role in Role)]


def _permissions() -> list[str]:
    lines = ["| permission | lets you | changes something |", "|---|---|---|"]
    return lines + [
        f"| `{permission.value}` | {MEANING[permission]} | {'yes' if permission in WRITES else 'no'} |"
        for permission in Permission
    ]


def _matrix() -> list[str]:
    lines = [
        "| role | " + " | ".join(f"`{permission.value}`" for permission in Permission) + " |",
        "|---|" + "---|" * len(Permission),
    ]
    return lines + [
        f"| `{role.value}` | "
        + " | ".join("●" if role in MATRIX[permission] else "" for permission in Permission)
        + " |"
        for role in Role
    ]


def _rules() -> list[str]:
    return [
        "Beyond the matrix:",
        "",
        "- Nobody changes their own roles, and an institution keeps at least one active `super_admin`.",
        f"- Only a `super_admin` gives or takes {' and '.join(f'`{role.value}`' for role in sorted(PRIVILEGED))}.",
        "- An API token speaks for one member in one institution, with the roles that member has when it is used.",
        "- A *superuser* (made by the first start or by command) answers for the installation: people, one-time passwords,",
        "  new institutions. It opens no institution's data: for that, a superuser needs a membership like everybody else.",
        "- What is not yours does not exist: another institution's object is 404, never 403.",
    ]
