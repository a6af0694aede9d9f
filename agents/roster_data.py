"""The agents themselves. Their scenarios are not here: the registry names an owner for each."""

from django.utils.translation import gettext_lazy as _

from agents.profile import Action, Agent, Risk
from opsportal.institutions.access import Role

OPS = (Role.SUPER_ADMIN, Role.OPS_LEAD, Role.TECHNICIAN, Role.AGENTIC_OPERATOR)

MAESTRO = Agent(
    id="A0",
    codename="orchestrator",
    name="Maestro",
    role=_("Multi-agent orchestrator"),
    inbox=(Role.AGENTIC_OPERATOR,),
    reads=(_("All feeds"), _("Action log"), _("Open findings"), _("Active threads")),
    actions=(
        Action("scenario.delegate", _("Delegate a scenario to the specialist"), Risk.R1),
        Action("state.summarise", _("Sum up the state of everything"), Risk.R0),
        Action("thread.coordinate", _("Open a thread between agents to coordinate them"), Risk.R1),
        Action("human.escalate", _("Call a person when confidence is below the threshold"), Risk.R1),
        Action(
            "remediation.orchestrate",
            _("Propose a repair that takes several agents"),
            Risk.R2,
            approvers=(Role.AGENTIC_OPERATOR, Role.OPS_LEAD),
        ),
    ),
)

PULSO = Agent(
    id="A1",
    codename="node_health",
    name="Pulso",
    role=_("Health of the nodes and of the Carbonio mail services"),
    inbox=(Role.OPS_LEAD,),
    reads=(_("Metrics of VM112"), _("CPU and memory of the Proxmox nodes"), _("State of the containers")),
    actions=(
        Action("service.detect_down", _("Notice that a service or the wizard is down"), Risk.R0),
        Action("finding.create", _("Create a finding and alert on the ticket"), Risk.R1),
        Action("service.restart", _("Propose the restart of a service"), Risk.R2, approvers=(Role.OPS_LEAD,)),
    ),
)

TRILHO = Agent(
    id="A2",
    codename="infra_mail",
    name="Trilho",
    role=_("DNS, certificates, Traefik and nginx"),
    inbox=(Role.DEVOPS,),
    reads=(_("DNS at Cloudflare"), _("Let's Encrypt certificates"), _("Traefik on CT114"), _("Names served by SNI")),
    actions=(
        Action("dns.validate", _("Check that DNS has propagated after an onboarding"), Risk.R0),
        Action("certificate.detect", _("Notice a certificate that expired or has the wrong name"), Risk.R0),
        Action("dns.correct", _("Propose a correction of DNS"), Risk.R2, approvers=(Role.DEVOPS, Role.OPS_LEAD)),
        Action(
            "traefik.correct", _("Propose a correction of Traefik"), Risk.R2, approvers=(Role.DEVOPS, Role.OPS_LEAD)
        ),
    ),
    proposes_only=True,
)

CARTA = Agent(
    id="A3",
    codename="deliverability",
    name="Carta",
    role=_("Whether the mail that leaves is accepted"),
    inbox=(Role.SEO, Role.TECHNICIAN),
    reads=(
        _("SPF, DKIM and DMARC records of the hosted domains"),
        _("Public blocklists of the sending addresses"),
        _("Length and age of the mail queue"),
        _("DMARC aggregate reports"),
    ),
    actions=(
        Action("records.check", _("Check the SPF, DKIM and DMARC records of a domain"), Risk.R0),
        Action("blocklist.check", _("Check the sending addresses against the blocklists"), Risk.R0),
        Action("queue.watch", _("Notice mail that piles up or grows old in the queue"), Risk.R0),
        Action("record.advise", _("Hand the record that a domain needs to Trilho and to its people"), Risk.R1),
        Action(
            "queue.flush", _("Propose to send the queue again"), Risk.R2, approvers=(Role.TECHNICIAN, Role.OPS_LEAD)
        ),
        Action(
            "blocklist.delist",
            _("Propose to ask a blocklist to remove an address"),
            Risk.R2,
            approvers=(Role.TECHNICIAN, Role.OPS_LEAD),
        ),
    ),
)

ESCUDO = Agent(
    id="A4",
    codename="security_mail",
    name="Escudo Mail",
    role=_("Spam, malware and stolen accounts in mail"),
    inbox=(Role.SECURITY_ANALYST,),
    reads=(
        _("Failed and successful mail logins"),
        _("Verdicts of the spam and malware filters"),
        _("Messages sent per account and hour"),
        _("Number of messages in quarantine"),
    ),
    actions=(
        Action("login.detect_abuse", _("Notice guessed passwords and logins from unusual places"), Risk.R0),
        Action("outbound.detect_burst", _("Notice an account that sends like a spammer"), Risk.R0),
        Action("finding.create", _("Create a finding with the evidence"), Risk.R1),
        Action(
            "quarantine.release",
            _("Propose to deliver a message from quarantine"),
            Risk.R2,
            approvers=(Role.SECURITY_ANALYST, Role.OPS_LEAD),
        ),
        Action(
            "account.suspend",
            _("Propose to stop an account from sending and to end its sessions"),
            Risk.R3,
            approvers=(Role.SECURITY_ANALYST, Role.OPS_LEAD),
        ),
        Action(
            "quarantine.purge",
            _("Propose to delete messages from quarantine"),
            Risk.R3,
            approvers=(Role.SECURITY_ANALYST, Role.OPS_LEAD),
        ),
    ),
)

SENTINELA = Agent(
    id="A5",
    codename="wazuh_soc",
    name="Sentinela SOC",
    role=_("Alerts of Wazuh: what they mean together"),
    inbox=(Role.SECURITY_ANALYST,),
    reads=(
        _("Alerts of Wazuh and the level of their rules"),
        _("Wazuh agents that report and that fell silent"),
        _("State of the Wazuh manager"),
    ),
    actions=(
        Action("alert.correlate", _("Group alerts that belong to one matter"), Risk.R0),
        Action("agent.detect_silent", _("Notice a machine whose Wazuh agent stopped reporting"), Risk.R0),
        Action("finding.create", _("Create a finding with the alerts as evidence"), Risk.R1),
        Action(
            "agent.restart",
            _("Propose the restart of a Wazuh agent"),
            Risk.R2,
            approvers=(Role.SECURITY_ANALYST, Role.OPS_LEAD),
        ),
        Action(
            "address.block",
            _("Propose to block an address at the firewall"),
            Risk.R3,
            approvers=(Role.SECURITY_ANALYST, Role.OPS_LEAD),
        ),
        Action(
            "machine.isolate",
            _("Propose to cut a machine off the network"),
            Risk.R3,
            approvers=(Role.SECURITY_ANALYST, Role.OPS_LEAD),
        ),
    ),
)

COPILOTO = Agent(
    id="A6",
    codename="support_copilot",
    name="Copiloto",
    role=_("Answers people, with the evidence beside the answer"),
    inbox=(Role.TECHNICIAN,),
    reads=(
        _("Open findings and their evidence"),
        _("Threads that the asking person may read"),
        _("Runbooks and indexed documents"),
        _("Ledger entries of a case"),
    ),
    actions=(
        Action("question.answer", _("Answer a question and cite where the answer stands"), Risk.R0),
        Action("reply.draft", _("Draft a reply for a person to send"), Risk.R1),
        Action("scenario.rerun", _("Run a check again because a person asked"), Risk.R1),
        Action(
            "request.forward",
            _("Turn what a person asks for into a proposal"),
            Risk.R2,
            approvers=(Role.OPS_LEAD, Role.AGENTIC_OPERATOR),
        ),
    ),
)

REMEDIADOR = Agent(
    id="A7",
    codename="remediation",
    name="Remediador",
    role=_("Repairs, always through approval"),
    inbox=(Role.AGENTIC_OPERATOR,),
    reads=(
        _("Open findings"),
        _("Signed playbooks and what they achieved before"),
        _("The contract in force"),
        _("State of the target before and after"),
    ),
    actions=(
        Action("playbook.match", _("Find the playbook that fits a finding"), Risk.R0),
        Action("outcome.verify", _("Look again at what a repair was to mend"), Risk.R0),
        Action(
            "playbook.propose",
            _("Propose a playbook that restarts, requeues or configures"),
            Risk.R2,
            approvers=(Role.OPS_LEAD, Role.AGENTIC_OPERATOR),
        ),
        Action(
            "playbook.propose_destructive",
            _("Propose a playbook that restores, deletes or replaces secrets"),
            Risk.R3,
            approvers=(Role.SUPER_ADMIN, Role.OPS_LEAD),
        ),
    ),
    proposes_only=True,
)

VIGIA = Agent(
    id="vigia",
    codename="sentinel",
    name="Vigia",
    role=_("Looks at every scenario and reports what is wrong"),
    inbox=OPS,
    reads=(_("Every scenario of the registry"), _("Results of the checks before")),
    actions=(
        Action("check.run", _("Run the checks that are due"), Risk.R0),
        Action("finding.keep", _("Open a finding, count it, resolve it"), Risk.R1),
        Action("owner.notify", _("Tell the agent that owns the scenario, and its people"), Risk.R1),
    ),
)

CURADOR = Agent(
    id="curador",
    codename="curator",
    name="Curador",
    role=_("Keeps the documents that the others cite"),
    inbox=(),
    reads=(_("The documents under AGENTIC_SPECS_ROOT"), _("Runbooks"), _("Resolved findings")),
    actions=(
        Action("passage.find", _("Find the passages that answer a question"), Risk.R0),
        Action("document.index", _("Index a document that is new or has changed"), Risk.R1),
    ),
)

AGENTS = (MAESTRO, PULSO, TRILHO, CARTA, ESCUDO, SENTINELA, COPILOTO, REMEDIADOR, VIGIA, CURADOR)
