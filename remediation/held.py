"""What holds everything back at this moment, for the line above every page of governance."""

from dataclasses import dataclass
from datetime import datetime

from remediation.models import Brakes
from remediation.words import names_of


@dataclass(frozen=True, slots=True)
class Held:
    """The brakes of the institution; who pulled them is masked for those who may not read names."""

    stopped_at: datetime | None = None
    stopped_by: str = ""
    frozen_at: datetime | None = None
    frozen_by: str = ""
    safe_mode: str = ""

    @property
    def is_held(self) -> bool:
        """True when nothing may be done at all."""
        return bool(self.stopped_at or self.frozen_at or self.safe_mode)


def held_now() -> Held:
    """Return what holds everything back. One query, and one more for names while a brake is pulled."""
    brakes = Brakes.objects.first() or Brakes()
    names = names_of((brakes.stopped_by, brakes.frozen_by))
    return Held(
        stopped_at=brakes.stopped_at,
        stopped_by=names.get(brakes.stopped_by, brakes.stopped_by),
        frozen_at=brakes.frozen_at,
        frozen_by=names.get(brakes.frozen_by, brakes.frozen_by),
        safe_mode=brakes.safe_mode,
    )
