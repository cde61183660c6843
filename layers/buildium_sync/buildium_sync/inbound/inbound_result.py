"""What an inbound sync did with the local entity."""

from enum import Enum


class InboundResult(Enum):
    """The result for one entity. `UNCHANGED` also means an echo, and that only the sync record was written."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    IGNORED = "ignored"
