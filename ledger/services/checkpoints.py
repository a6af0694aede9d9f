"""Sign the head of a chain, so that nothing before it can be cut or rewritten unseen."""

from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from ledger.keys import key_id_text, note_remember, note_sign, origin, signing_key
from ledger.kinds import Kind
from ledger.models import Checkpoint, Entry, SigningKey
from ledger.services.unit import entry_record, unit
from ledger.verification import Verification, chain_verify
from opsportal.core.actor import SYSTEM, Actor
from opsportal.core.errors import ConflictError
from opsportal.core.scope import institution_scope


class LedgerBrokenError(ConflictError):
    """The chain does not continue what was signed before."""

    status, code, title = 409, "LEDGER_TAMPER_DETECTED", "The ledger is broken"


def checkpoint_sign(institution_id: UUID, actor: Actor = SYSTEM) -> Checkpoint | None:
    """Sign the chain as it stands; return the checkpoint, or None when nothing happened since the last one.

    What was added is verified first, from the last checkpoint on: the new tree continues the old
    one or nothing is signed and LedgerBrokenError names the first fault. Raises ImproperlyConfigured
    when the key can't be used.
    """
    with institution_scope(institution_id):
        if not _is_due():
            return None
        found = chain_verify(institution_id, whole=False)
        if found.faults:
            fault = found.faults[0]
            raise LedgerBrokenError(f"Nothing is signed: entry {fault.seq}: {fault.code}: {fault.message}")
        checkpoint = _sign(found, signing_key(), actor)
    note_remember(institution_id, checkpoint.note)
    return checkpoint


def _is_due() -> bool:
    last = Checkpoint.objects.first()
    added = Entry.objects.filter(seq__gt=last.size if last else 0)
    return added.exclude(kind=Kind.CHECKPOINT_SIGNED).exists()


def _sign(found: Verification, key: Ed25519PrivateKey, actor: Actor) -> Checkpoint:
    root, public = found.tree.root(), key.public_key().public_bytes_raw()
    with unit(found.institution_id, actor):
        signer = _signer(found.institution_id, public)
        checkpoint = Checkpoint.objects.create(
            institution_id=found.institution_id,
            size=found.size,
            root=root.hex(),
            head_hash=found.head,
            peaks=",".join(peak.hex() for peak in found.tree.peaks),
            note=note_sign(key, found.institution_id, found.size, root),
            kid=signer.kid,
            created_at=timezone.now(),
        )
        entry_record(
            kind=Kind.CHECKPOINT_SIGNED,
            subject=f"institution:{found.institution_id}",
            actor=actor,
            data={"size": found.size, "root": root.hex(), "public": public.hex()},
        )
    return checkpoint


def _signer(institution_id: UUID, public: bytes) -> SigningKey:
    """Return the row of the key in use; a key that was in use before is retired, and kept."""
    now, kid = timezone.now(), key_id_text(institution_id, public)
    SigningKey.objects.exclude(public=public.hex()).filter(retired_at=None).update(retired_at=now)
    signer, _ = SigningKey.objects.update_or_create(
        institution_id=institution_id,
        public=public.hex(),
        defaults={"retired_at": None},
        create_defaults={"origin": origin(institution_id), "kid": kid, "created_at": now},
    )
    return signer
