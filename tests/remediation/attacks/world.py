"""A governed portal and a machine, both real: processes, a database on a disk, a folder with files, HTTP between them."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.lab.installation import MARK, ROOT, Installation, Portal, eventually

PASSWORD = "correct horse battery"
_SETUP = """
import json
from opsportal.core.actor import SYSTEM
from opsportal.core.scope import institution_scope
from opsportal.institutions.access import Role
from opsportal.institutions.models import Institution
from opsportal.institutions.services import department_activate, first_start, member_add, token_create, user_create
from remediation import services
from tests.remediation.factories import contract_text

first_start()
home = Institution.objects.get(slug="home")
said = {"institution": str(home.pk), "tokens": {}}
with institution_scope(home.pk):
    department = department_activate(institution=home, name="personal_ops", actor=SYSTEM)
    bundle = services.bundle_compile(institution=home, source=contract_text(), actor=SYSTEM)
    services.bundle_release(department=department, bundle=bundle, actor=SYSTEM)
    for name, role in (("olga", Role.OWNER), ("ed", Role.EXECUTIVE_ADMIN)):
        user, _ = user_create(username=name, actor=SYSTEM)
        user.set_password("%s")
        user.must_change_password = False
        user.save()
        member = member_add(institution=home, user=user, roles={role}, actor=SYSTEM)
        said["tokens"][name] = token_create(member=member, name="test", days=1, actor=SYSTEM).text
    said["enrol"] = services.runtime_create(department=department, name="desk", actor=SYSTEM).token
print(json.dumps(said))
"""


class Machine:
    """The real runtime with a folder of its own, as a person would have started it."""

    def __init__(self, installation: Installation) -> None:
        self.root = installation.folder / "files"
        self.root.mkdir()
        self.state = installation.folder / "runtime"
        self.log = installation.folder / "runtime.log"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "runtime"),
            MARK: installation.mark,
        }

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run ``ops-runtime <words>`` to its end."""
        command = [sys.executable, "-m", "ops_runtime", "--state-dir", str(self.state), *words]
        return subprocess.run(
            command, env=self.environment, cwd=ROOT / "runtime", check=False, capture_output=True, text=True, timeout=60
        )

    def once(self) -> None:
        """Work for one round."""
        done = self.run("run", "--once")
        assert done.returncode == 0, done.stderr

    def start(self) -> "subprocess.Popen[bytes]":
        """Work until somebody ends it."""
        command = [sys.executable, "-m", "ops_runtime", "--state-dir", str(self.state), "run"]
        with self.log.open("ab") as output:
            return subprocess.Popen(
                command,
                env=self.environment,
                cwd=ROOT / "runtime",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def hurry(self) -> None:
        """Ask for work every second."""
        path = self.state / "config.json"
        config = json.loads(path.read_text())
        path.write_text(json.dumps({**config, "poll_seconds": 1}))

    def file(self, name: str, content: str = "abc") -> Path:
        """Make a file in the folder."""
        path = self.root / name
        path.write_text(content)
        return path

    def journal(self) -> list[dict[str, Any]]:
        """Return the lines of the journal."""
        return [json.loads(line) for line in (self.state / "journal.jsonl").read_text().splitlines()]

    def trash(self) -> list[str]:
        """Return what lies in the trash, by the paths that it had."""
        return sorted(line.split()[-1] for line in self.run("trash", "list").stdout.splitlines())


class World:
    """The portal, its two people (olga asks, ed decides) and the machine."""

    def __init__(self, installation: Installation, **environment: str) -> None:
        self.installation = installation
        self.said: dict[str, Any] = json.loads(installation.django(_SETUP % PASSWORD).splitlines()[-1])
        registry = installation.folder / "registry.yaml"
        registry.write_text("version: 1\nscenarios: []\n")
        self.portal = Portal(installation, port=0, OPSPORTAL_REGISTRY=str(registry), **environment)
        self.machine = Machine(installation)
        self.portal.wait_until_ready()
        done = self.machine.run(
            *("configure", "--institution-id", self.said["institution"], "--actor-token", self.said["enrol"]),
            *("--engine-base-url", self.portal.url, "--root-dir", str(self.machine.root)),
        )
        assert done.returncode == 0, done.stderr

    def call(self, who: str, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Return what the API answers; a connection that broke is tried again, as programs do."""
        sent = {"Authorization": f"Bearer {self.said['tokens'][who]}", **headers}
        url = f"{self.portal.url}/api/v1/{path}"

        def tried() -> httpx.Response | None:
            try:
                answer = httpx.request(method, url, json=body, headers=sent, timeout=20)
            except httpx.TransportError:
                return None
            return None if answer.status_code in {502, 503, 504} else answer

        return eventually(tried, f"{method} {path} is answered", seconds=60)

    def ask(self, *paths: str, key: str = "") -> str:
        """Let olga ask for a deletion; return the id of the proposal."""
        body = {"params": {"paths": list(paths)}, "reason": "old"}
        headers = {"Idempotency-Key": key or secrets.token_hex(8)}
        answer = self.call("olga", "POST", "personal/jobs/files/delete", body, **headers)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def proposal(self, code: str) -> dict[str, Any]:
        """Return a proposal as the API tells it."""
        told: dict[str, Any] = self.call("olga", "GET", f"proposals/{code}").json()
        return told

    def vote(self, who: str, code: str, *, verdict: str = "approve") -> httpx.Response:
        """Let somebody decide about a proposal."""
        told = self.proposal(code)
        body = {"decision": verdict, "plan_digest": told["plan_digest"], "reason": "looked at it"}
        return self.call(who, "POST", f"approvals/{told['approval_id']}/decide", body)

    def job(self, code: str) -> dict[str, Any]:
        """Return the job of a proposal; nothing when there is none."""
        answer = self.call("olga", "GET", f"jobs/{code}")
        told: dict[str, Any] = answer.json() if answer.status_code == httpx.codes.OK else {}
        return told

    def kinds(self, case: str) -> list[str]:
        """Return the kinds of a case's entries, in their order."""
        plain = case.replace("-", "") if self.installation.url.startswith("sqlite") else case
        query = f"SELECT kind FROM ledger_entry WHERE \"case\" = '{plain}' ORDER BY seq"
        return [str(kind) for (kind,) in self.installation.rows(query)]

    def verify(self) -> None:
        """Assert that every ledger and the machine's journal verify, and that the portal has all of the journal."""
        done = self.installation.run(str(ROOT / "manage.py"), "ledger_verify")
        assert done.returncode == 0, done.stdout
        assert "home: intact" in done.stdout
        done = self.machine.run("journal", "verify")
        assert done.returncode == 0, done.stdout
