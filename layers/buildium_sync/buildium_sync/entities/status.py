"""Whether an entity is in use; Buildium alone decides it, through its user interface."""

from buildium_sync.entities.base import Message


def read_status(message: Message) -> str:
    """Return `active` or `inactive`."""
    return "inactive" if message.get("IsActive") is False else "active"
