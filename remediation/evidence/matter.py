"""Everything that the portal keeps of one case, read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from agents.models import Message, Thread
from findings.models import Finding
from ledger.keys import key_id_text, origin, signing_key
from ledger.kinds import Kind
from ledger.models import Checkpoint, Entry, Payload, SigningKey
from ledger.selectors import is_stopped
from ledger.services import checkpoint_sign
from opsportal.core.errors import NotFoundError
from opsportal.core.scope import institution_scope
from remediation.models import Bundle, Job, JobOutput, JournalLine, OrderKey, Proposal, Release, Runtime
from scenarios.models import Run


@dataclass(frozen=True, slots=True)
class Matter:
    """One case: its entries, those that they rest on, a checkpoint over both, and the rows that they tell of."""

    institution_id: UUID
    case: UUID
    entries: Sequence[Entry]
    grounds: Sequence[Entry]
    checkpoint: Checkpoint | None
    signing_keys: Sequence[SigningKey]
    order_keys: Sequence[OrderKey]
    runtimes: Sequence[Runtime]
    bundles: Sequence[Bundle]
    payloads: Sequence[Payload]
    proposals: Sequence[Proposal]
    jobs: Sequence[Job]
    output: Sequence[JobOutput]
    journal: Sequence[JournalLine]
    findings: Sequence[Finding]
    runs: Sequence[Run]
    threads: Sequence[Thread]
    messages: Sequence[Message]

    @property
    def size(self) -> int:
        """How many entries of the ledger the checkpoint covers."""
        return self.checkpoint.size if self.checkpoint else 0

    def data(self, kind: Kind) -> list[tuple[str, dict[str, object]]]:
        """Return subject and data of the entries of ``kind``, oldest first."""
        return [(entry.subject, entry.content["data"]) for entry in self.entries if entry.kind == kind]


def matter_read(institution_id: UUID, case: UUID) -> Matter:
    """Read a case; sign a fresh checkpoint when the last one does not cover it all.

    Raises NotFoundError when no entry tells of the case, LedgerBrokenError when nothing can be signed any more. A ledger
    that was stopped is signed no further: what its last checkpoint does not cover has no proof then.
    """
    with institution_scope(institution_id):
        entries = list(Entry.objects.filter(case=case).order_by("seq"))
        if not entries:
            raise NotFoundError("There is no such case.")
        contents = [entry.content for entry in entries]
        proposals = list(Proposal.objects.filter(case=case).select_related("bundle").order_by("pk"))
        jobs = list(Job.objects.filter(proposal__case=case).select_related("runtime").order_by("pk"))
        runtimes = list({job.runtime_id: job.runtime for job in jobs}.values())
        bundles = list(Bundle.objects.filter(digest__in={said.get("bundle") for said in contents} - {None}))
        payloads = list(Payload.objects.filter(commit__in=_all(contents, "commit")))
        findings = list(Finding.objects.filter(Q(code=case) | Q(proposals__in=proposals)).distinct())
        looks = _all(contents, "run") | {str(finding.evidence.get("run")) for finding in findings}
        threads = list(Thread.objects.filter(case=case).order_by("pk"))
        return Matter(
            institution_id=institution_id,
            case=case,
            entries=entries,
            grounds=(grounds := _grounds(runtimes, bundles, payloads)),
            checkpoint=_checkpoint(institution_id, max(entry.seq for entry in [*entries, *grounds])),
            signing_keys=_signers(institution_id),
            order_keys=list(OrderKey.objects.order_by("pk")),
            runtimes=runtimes,
            bundles=bundles,
            payloads=payloads,
            proposals=proposals,
            jobs=jobs,
            output=list(JobOutput.objects.filter(job__in=jobs).order_by("job_id", "offset")),
            journal=list(JournalLine.objects.filter(job__in=[job.code for job in jobs]).order_by("runtime_id", "seq")),
            findings=findings,
            runs=list(Run.objects.filter(code__in=_uuids(looks)).select_related("scenario").order_by("pk")),
            threads=threads,
            messages=list(Message.objects.filter(thread__in=threads).order_by("pk")),
        )


def _grounds(runtimes: Sequence[Runtime], bundles: Sequence[Bundle], payloads: Sequence[Payload]) -> list[Entry]:
    """Return the entries of no case, or of another, that this one rests on: keys, contracts, what was erased."""
    releases = Release.objects.filter(bundle__in=bundles).values_list("code", flat=True)
    subjects = [
        *(f"runtime:{runtime.code}" for runtime in runtimes),
        *(f"bundle:{bundle.code}" for bundle in bundles),
        *(f"release:{code}" for code in releases),
    ]
    kinds = (
        *(Kind.RUNTIME_CREATED, Kind.RUNTIME_ENROLLED, Kind.RUNTIME_REVOKED),
        *(Kind.BUNDLE_COMPILED, Kind.BUNDLE_RELEASED, Kind.BUNDLE_ROLLED_BACK),
    )
    erased = {payload.subject for payload in payloads if payload.erased_at}
    rows = Entry.objects.filter(
        Q(kind=Kind.ORDER_KEY_CREATED)
        | Q(kind__in=kinds, subject__in=subjects)
        | Q(kind=Kind.PAYLOAD_ERASED, subject__in=erased)
    )
    return list(rows.filter(case=None).order_by("seq"))


def _checkpoint(institution_id: UUID, newest: int) -> Checkpoint | None:
    last = Checkpoint.objects.first()
    if (last is not None and last.size >= newest) or is_stopped(institution_id):
        return last
    return checkpoint_sign(institution_id) or Checkpoint.objects.first()


def _signers(institution_id: UUID) -> list[SigningKey]:
    """Return every key that signed checkpoints, and the one that signs now, should it not have signed one yet."""
    kept, public = list(SigningKey.objects.all()), signing_key().public_key().public_bytes_raw()
    if all(key.public != public.hex() for key in kept):
        kid = key_id_text(institution_id, public)
        kept.insert(0, SigningKey(origin=origin(institution_id), kid=kid, public=public.hex()))
    return kept


def _all(contents: Sequence[dict[str, dict[str, object]]], name: str) -> set[str]:
    """Return every value that the data of these entries have under ``name``."""
    return {str(said["data"][name]) for said in contents if said.get("data", {}).get(name)}


def _uuids(texts: set[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
