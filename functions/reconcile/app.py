"""The schedule: take up what got stuck."""

from dataclasses import asdict
from typing import Any

from buildium_sync.observability import observed
from buildium_sync.wiring import sweep


@observed
def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Run one sweep and return how much it took up."""
    return asdict(sweep().run())
