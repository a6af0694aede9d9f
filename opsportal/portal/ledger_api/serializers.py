"""What the API of the ledger takes and gives."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ledger.keys import key_text
from ledger.kinds import Kind
from ledger.models import Checkpoint, Entry, Payload, SigningKey
from ledger.selectors import EntryFilter
from ledger.services.exports import FORMATS
from ledger.verification import Verification
from opsportal.core.canonical import INTEGER_MAX
from opsportal.core.serializers import Flag, Strict, Text

KINDS = [kind.value for kind in Kind]


class EntryOut(serializers.Serializer[Entry]):
    """One line of the ledger. ``body`` is the evidence, byte for byte; the rest is read from it."""

    seq = serializers.IntegerField()
    ts = serializers.DateTimeField()
    kind = serializers.CharField()
    actor_kind = serializers.SerializerMethodField()
    actor = serializers.CharField(help_text="An opaque id: a person's, an agent's, or a word such as ticker.")
    subject = serializers.CharField(help_text="<noun>:<id>")
    case = serializers.UUIDField(allow_null=True)
    data = serializers.SerializerMethodField()  # type: ignore[assignment]  # a field, not the attribute
    body = serializers.CharField(help_text="Canonical JSON; the hash is SHA-256 over a zero byte and these bytes.")
    hash = serializers.CharField()

    def get_actor_kind(self, entry: Entry) -> str:
        """Return what kind of actor it was."""
        return str(entry.content.get("actor_kind", ""))

    def get_data(self, entry: Entry) -> dict[str, Any]:
        """Return what its kind of entry says."""
        return dict(entry.content.get("data", {}))


class PrivateOut(serializers.Serializer[Any]):
    """Personal or free text that an entry commits to; empty once it is erased."""

    commit = serializers.CharField()
    salt = serializers.CharField()
    body = serializers.CharField()
    erased_at = serializers.DateTimeField(allow_null=True)


class EntryDetailOut(EntryOut):
    """One line of the ledger, with the text that it commits to."""

    private = serializers.SerializerMethodField(help_text="null: it commits to nothing, or you may not read it.")

    @extend_schema_field(PrivateOut(allow_null=True))
    def get_private(self, entry: Entry) -> dict[str, Any] | None:
        """Return the text, from the context."""
        payload: Payload | None = self.context["payload"]
        return dict(PrivateOut(payload).data) if payload else None


class HeadOut(serializers.Serializer[Any]):
    """Where the chain ends."""

    seq = serializers.IntegerField()
    hash = serializers.CharField()
    is_stopped = serializers.BooleanField(help_text="It did not verify: nothing more is written.")
    verified_at = serializers.DateTimeField(allow_null=True, help_text="When it last verified without a fault.")


class CheckpointOut(serializers.Serializer[Checkpoint]):
    """A signed head."""

    size = serializers.IntegerField(help_text="How many entries it covers.")
    root = serializers.CharField(help_text="RFC 6962 Merkle root, hexadecimal.")  # type: ignore[assignment]  # its name in the format
    head_hash = serializers.CharField(help_text="The hash of the last entry that it covers.")
    note = serializers.CharField(help_text="The C2SP signed note, byte for byte.")
    kid = serializers.CharField()
    created_at = serializers.DateTimeField()


class KeyOut(serializers.Serializer[SigningKey]):
    """A public key that signs, or signed, checkpoints."""

    id = serializers.UUIDField(source="code")
    origin = serializers.CharField()
    kid = serializers.CharField()
    public = serializers.CharField(help_text="Ed25519, hexadecimal.")
    verifier_key = serializers.SerializerMethodField(help_text="The same as the verifier takes it.")
    created_at = serializers.DateTimeField()
    retired_at = serializers.DateTimeField(allow_null=True)

    def get_verifier_key(self, key: SigningKey) -> str:
        """Return ``<name>+<key id>+<base64>``."""
        return key_text(key)


class FaultOut(serializers.Serializer[Any]):
    """What is wrong, and with which entry."""

    seq = serializers.IntegerField()
    code = serializers.CharField()
    message = serializers.CharField()


class VerificationOut(serializers.Serializer[Verification]):
    """What a verification found."""

    is_intact = serializers.BooleanField()
    after = serializers.IntegerField(help_text="Where it began; 0: the whole chain.")
    size = serializers.IntegerField(help_text="Where it ended.")
    head = serializers.CharField(help_text="The hash of the last entry.")
    faults = FaultOut(many=True)


class VerifyIn(Strict):
    """How much to verify."""

    whole = Flag(required=False, default=False, help_text="From the first entry on, not from the last checkpoint.")


class FilterQuery(Strict):
    """Which entries; what is left out does not restrict."""

    kind = serializers.ChoiceField(choices=KINDS, required=False, default="")
    case = serializers.UUIDField(required=False)
    actor = Text(visible=1, required=False, default="", max_length=80)
    subject = Text(visible=1, required=False, default="", max_length=160)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the two whose names are words of the language, or nearly so."""
        moments = {
            "from": serializers.DateTimeField(required=False, help_text="From this moment on."),
            "to": serializers.DateTimeField(required=False, help_text="Before this moment."),
        }
        return {**super().get_fields(), **moments}


class EntriesQuery(FilterQuery):
    """Which entries, and from where."""

    since = serializers.IntegerField(
        required=False, min_value=0, max_value=INTEGER_MAX, help_text="After this seq, and then oldest first."
    )


class ExportQuery(FilterQuery):
    """Which entries, and how they are written."""

    format = serializers.ChoiceField(
        choices=sorted(FORMATS), default="jsonl", help_text="jsonl: the bytes as they were hashed. csv: a table."
    )


def filter_of(query: dict[str, Any]) -> EntryFilter:
    """Return the filter that a query asks for."""
    return EntryFilter(
        kind=query["kind"],
        case=query.get("case"),
        actor=query["actor"],
        subject=query["subject"],
        since=query.get("from"),
        until=query.get("to"),
    )
