"""The chain of entries of each institution, and what proves it. Written by SQL in ``ledger.store`` only."""

import json
from typing import Any
from uuid import uuid4

from django.db import models

from opsportal.core.scope import InstitutionManager


class Entry(models.Model):
    """One line of a ledger. ``body`` is the evidence; the other columns are an index over it."""

    institution_id = models.UUIDField(editable=False)
    seq = models.BigIntegerField(editable=False, help_text="1, 2, 3, … without a gap in each institution.")
    ts = models.DateTimeField(editable=False)
    kind = models.CharField(max_length=40, editable=False)
    actor = models.CharField(max_length=80, editable=False)
    subject = models.CharField(max_length=160, editable=False)
    case = models.UUIDField(null=True, editable=False)
    body = models.TextField(editable=False, help_text="The canonical JSON, byte for byte as it was hashed.")
    hash = models.CharField(max_length=64, editable=False, help_text="SHA-256 of a zero byte and the body.")

    objects = InstitutionManager["Entry"]()

    class Meta:
        ordering = ("-seq",)
        verbose_name_plural = "entries"
        constraints = [models.UniqueConstraint(fields=["institution_id", "seq"], name="ledger_entry_once")]
        indexes = [
            models.Index(fields=["institution_id", "kind", "seq"], name="ledger_entry_kind"),
            models.Index(fields=["institution_id", "subject", "seq"], name="ledger_entry_subject"),
            models.Index(fields=["institution_id", "actor", "seq"], name="ledger_entry_actor"),
            models.Index(fields=["institution_id", "ts"], name="ledger_entry_ts"),
            models.Index(
                fields=["institution_id", "case", "seq"],
                name="ledger_entry_case",
                condition=models.Q(case__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"

    @property
    def content(self) -> dict[str, Any]:
        """What the body says; empty when it was damaged, which the verification names."""
        try:
            read = json.loads(self.body)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}


class Head(models.Model):
    """Where a chain ends. Its row is the lock that makes ``seq`` gapless."""

    institution_id = models.UUIDField(primary_key=True, editable=False)
    seq = models.BigIntegerField(default=0, editable=False)
    hash = models.CharField(max_length=64, editable=False)

    objects = InstitutionManager["Head"]()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(seq__gte=0), name="ledger_head_seq")]

    def __str__(self) -> str:
        return f"{self.institution_id} at {self.seq}"


class Payload(models.Model):
    """Personal or free text that an entry commits to. Erasing it leaves the chain whole."""

    institution_id = models.UUIDField(editable=False)
    commit = models.CharField(max_length=64, editable=False, help_text="Stands in the entry's data.")
    subject = models.CharField(max_length=160, editable=False)
    salt = models.CharField(max_length=64, editable=False, help_text="32 random bytes in hexadecimal; empty: erased.")
    body = models.TextField(editable=False, help_text="Canonical JSON; empty: erased.")
    created_at = models.DateTimeField(editable=False)
    erased_at = models.DateTimeField(null=True, editable=False)

    objects = InstitutionManager["Payload"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution_id", "commit"], name="ledger_payload_once"),
            models.CheckConstraint(
                condition=models.Q(erased_at__isnull=True) | models.Q(salt="", body=""), name="ledger_payload_erased"
            ),
        ]
        indexes = [models.Index(fields=["institution_id", "subject"], name="ledger_payload_subject")]

    def __str__(self) -> str:
        return self.commit[:12]


class SigningKey(models.Model):
    """The public half of a key that signs checkpoints. A retired one stays: old notes must verify."""

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    institution_id = models.UUIDField(editable=False)
    origin = models.CharField(max_length=120, editable=False, help_text="The name of the log and of the key.")
    kid = models.CharField(max_length=8, editable=False, help_text="The key id of the signed-note format.")
    public = models.CharField(max_length=64, editable=False, help_text="Ed25519, hexadecimal.")
    created_at = models.DateTimeField(editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)

    objects = InstitutionManager["SigningKey"]()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["institution_id", "public"], name="ledger_key_once"),
            models.UniqueConstraint(
                fields=["institution_id"],
                name="ledger_key_one_active",
                condition=models.Q(retired_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin}+{self.kid}"


class Checkpoint(models.Model):
    """A signed head: from here back nothing can be cut or rewritten without it being seen."""

    institution_id = models.UUIDField(editable=False)
    size = models.BigIntegerField(editable=False, help_text="How many entries it covers.")
    root = models.CharField(max_length=64, editable=False, help_text="RFC 6962 Merkle root, hexadecimal.")
    head_hash = models.CharField(max_length=64, editable=False, help_text="Hash of the last entry it covers.")
    peaks = models.TextField(editable=False, help_text="The roots of the full subtrees, largest first, comma between.")
    note = models.TextField(editable=False, help_text="The C2SP signed note, byte for byte.")
    kid = models.CharField(max_length=8, editable=False)
    created_at = models.DateTimeField(editable=False)

    objects = InstitutionManager["Checkpoint"]()

    class Meta:
        ordering = ("-size",)
        constraints = [models.UniqueConstraint(fields=["institution_id", "size"], name="ledger_checkpoint_once")]

    def __str__(self) -> str:
        return f"{self.size} entries, {self.root[:12]}"


class Stop(models.Model):
    """A chain that takes no entry, because it did not verify. While the row is there, nothing can change."""

    institution_id = models.UUIDField(primary_key=True, editable=False)
    stopped_at = models.DateTimeField(editable=False)

    objects = InstitutionManager["Stop"]()

    def __str__(self) -> str:
        return f"{self.institution_id} since {self.stopped_at}"
