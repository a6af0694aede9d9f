"""A small contract that is right, and ways to spoil it at one place."""

import pytest

from remediation.contracts.compile import contract_compile
from remediation.contracts.diagnostics import ContractError, Diagnostic

# Nothing here is about files: the language governs whatever a runtime can do.
DESK = """\
system Desk {
  name: "desk"
  version: "1.2.3"
  domain: desk
}

actors {
  human chief {
    permissions: [service.look, service.restart, host.wipe, approvals.decide]
  }
  human clerk {
    permissions: [service.look, approvals.decide]
  }
  system robot {
    permissions: [service.look]
  }
}

entities {
  entity Service {
    field name: text required max_length(40) matches("[a-z-]+")
    field tries: int default(1) min(1) max(5)
    field hosts: list<text> min(1) max(3)
    field mode: string default("soft") values("soft", "hard")
    field quick: bool default(false)
  }
  entity Host {
    field host: text required
  }
  entity Approval {
    field approval_id: uuid required
  }
}

policy_context {
  field most: int default(3)
  field banned: list<text> default("db", "mail")
  field unset: int required
}

invariants {
  invariant not_banned {
    applies_to: service.restart
    when: params.mode == "hard"
    assert: not (params.name in policy.banned) and params.tries < policy.most
    severity: high
    message: "This service stays up."
  }
}

approval_rules {
  rule restart {
    trigger: api "POST /desk/services/{name}/restart"
    approver_roles: [chief, clerk]
    quorum: 1
  }
  rule wipe {
    operations: [host.wipe]
    stage look {
      roles: [clerk]
      quorum: 1
    }
    stage sign {
      roles: [chief]
      quorum: 1
    }
    expires_in: 2h
    reason: required
  }
}

separation_of_duties {
  rule restart_apart {
    case_step: "APPROVAL:restart"
    constraint: REQUESTER_NEQ_DECIDER
  }
  rule wipe_apart {
    on: Host
    forbid: decide when actor.id == history(request).last_actor
    severity: critical
    message: "Not the same person."
  }
}

policies {
  policy few {
    operations: [service.restart]
    rule {
      field: params.tries
      max: 3
      min: 1
      message: "One to three tries."
    }
  }
}

mandates {
  mandate look {
    operations: [service.look]
    roles: [chief, clerk, robot]
  }
  mandate act {
    operations: [service.restart]
    roles: [chief]
    valid_from: 2026-01-01
    valid_until: 2027-01-01T12:00Z
    limit {
      field: params.mode
      values: ["soft", "hard"]
      message: "Soft or hard."
    }
  }
  mandate wipe {
    operations: [host.wipe]
    roles: [chief]
  }
  mandate decide {
    operations: [approval_decide]
    roles: [chief, clerk]
  }
}

autonomy {
  current_level: 2
  rule look {
    operations: [service.look]
    required_level: 0
  }
  rule rest {
    operations: [service.restart, host.wipe, approval_decide]
    required_level: 4
  }
}

freeze {
  window nights {
    operations: [service.restart]
    days: [sun, mon]
    from: 22:00
    until: 6:30
    timezone: "America/Sao_Paulo"
    message: "Nobody is there."
  }
}

budgets {
  budget restarts {
    operations: [service.restart]
    limit: 10
    per: 1h
    breaker: 3
  }
}

emergency {
  clause fire {
    roles: [chief]
    operations: [service.restart]
    review_in: 24h
  }
}

workflows {
  workflow life on Service {
    state up {initial}
    state down {terminal}
    transition stop: up -> down {
      guard: history(request).count < 2 and Service.tries > 1
      approvals: {quorum: 1, roles: [chief], expires_in: 24h}
      effects: [set_state(down), bump_version(1)]
    }
  }
}

operations {
  api {
    endpoint service.look {
      method: GET
      path: "/desk/services/{name}"
      request: Service
      permission: service.look
      risk: R0
      bind: {kind: read}
    }
    endpoint service.restart {
      title: "Restart a service"
      method: POST
      path: "/desk/services/{name}/restart"
      request: Service
      permission: service.restart
      risk: R2
      idempotency: required
      bind: {kind: job.request}
    }
    endpoint host.wipe {
      method: POST
      path: "/desk/hosts/wipe"
      request: Host
      permission: host.wipe
      risk: R3
      dry_run: required
      reason: required
      idempotency: required
      bind: {kind: job.request}
    }
    endpoint approval_decide {
      method: POST
      path: "/approvals/{approval_id}/decide"
      request: Approval
      permission: approvals.decide
      risk: R1
      bind: {kind: approval}
    }
  }
}
"""


def desk_with(*changes: tuple[str, str]) -> str:
    """Return the contract with each first text, which must be there, replaced by the second."""
    text = DESK
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def diagnostics_of(text: str) -> tuple[Diagnostic, ...]:
    """Return what is wrong with a contract that must not compile."""
    with pytest.raises(ContractError) as caught:
        contract_compile(text)
    return caught.value.diagnostics


def line_of(text: str, part: str) -> int:
    """Return the line in which ``part`` first stands."""
    return text[: text.index(part)].count("\n") + 1
