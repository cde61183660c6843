"""A fake event bus."""

import json
from typing import Any


class RecordingBus:
    """An EventBridge client that keeps what it accepts. With `is_down` it accepts nothing."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.is_down = False

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - EventBridge's name
        if self.is_down:
            return {"Entries": [{"ErrorCode": "InternalFailure"} for _ in Entries]}
        self.entries += Entries
        return {"Entries": [{"EventId": "1"} for _ in Entries]}

    @property
    def details(self) -> list[dict[str, Any]]:
        """The accepted events."""
        return [json.loads(entry["Detail"]) for entry in self.entries]
