"""Personal texts in the API. Apart from the rules, which the worker reads too: it has no use for DRF."""

from rest_framework import serializers

from opsportal.institutions.personal import personal


class PersonalField(serializers.CharField):
    """A personal text in an answer of the API. Reading masks it by permission; writing takes it as it is."""

    def to_representation(self, value: object) -> str:
        """Return the text or its mask."""
        return personal(value)
