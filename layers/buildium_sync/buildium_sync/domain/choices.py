"""What a person can choose from: Buildium's entities with their ids and names, in one line of text."""

from collections.abc import Sequence

from buildium_sync.domain.json_types import Payload

MAX_CHOICES = 10
"""The choices that a text lists."""
_MAX_NAME_LENGTH = 100


def payload_name(payload: Payload) -> str:
    """Return the name of a Buildium entity: its `Name`, or that of a company or a person."""
    person = " ".join(filter(None, (payload.get("FirstName"), payload.get("LastName"))))
    company = payload.get("CompanyName") if payload.get("IsCompany") else None
    return str(payload.get("Name") or company or person)[:_MAX_NAME_LENGTH]


def choices_text(payloads: Sequence[Payload]) -> str:
    """Return the first choices as `1 (Operating), 2 (Trust) and more`."""
    shown = ", ".join(f"{each['Id']} ({payload_name(each)})" for each in payloads[:MAX_CHOICES])
    return f"{shown} and more" if len(payloads) > MAX_CHOICES else shown
