"""The key that signs the orders of an institution."""

from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.kinds import Kind
from ledger.services import entry_record, unit
from opsportal.core.actor import SYSTEM
from opsportal.core.sealing import sealed, unsealed
from opsportal.institutions.models import Institution
from remediation.models import OrderKey

_COLUMN = "remediation_orderkey.private"


def order_key(institution_id: UUID) -> tuple[str, Ed25519PrivateKey]:
    """Return the id and the private half of the key that signs orders now; make it on first use.

    Raises ImproperlyConfigured when it cannot be decrypted.
    """
    with unit(institution_id, SYSTEM):
        # Two that are first wait here for each other; the row of the institution is the lock.
        Institution.objects.select_for_update().get(pk=institution_id)
        row = OrderKey.objects.filter(retired_at=None).first() or _made(institution_id)
    private = unsealed(row.private, institution=institution_id, column=_COLUMN, row=row.code)
    return row.kid, Ed25519PrivateKey.from_private_bytes(private)


def _made(institution_id: UUID) -> OrderKey:
    key, code = Ed25519PrivateKey.generate(), uuid4()
    public = key.public_key().public_bytes_raw().hex()
    row = OrderKey.objects.create(
        code=code,
        institution_id=institution_id,
        kid=public[:16],
        public=public,
        private=sealed(key.private_bytes_raw(), institution=institution_id, column=_COLUMN, row=code),
    )
    entry_record(
        kind=Kind.ORDER_KEY_CREATED,
        subject=f"institution:{institution_id}",
        actor=SYSTEM,
        data={"kid": row.kid, "public": public},
    )
    return row
