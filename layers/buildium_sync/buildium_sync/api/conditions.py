"""Conditions: states of the whole system that an operator must know, each with its consequence and the one action."""

from collections.abc import Iterator, Mapping
from typing import Any

from typing_extensions import TypedDict  # pydantic requires this one before Python 3.12

from buildium_sync.clock import format_iso
from buildium_sync.domain.pauses import ControlState, Direction, Pause
from buildium_sync.entity_types.registry import all_types
from buildium_sync.store.dynamodb import Item

_REJECTIONS_SHOWN = 3
"""Webhook requests rejected in a row. Single rejections may be forged requests."""
_REJECTIONS_SUSPENDED = 20
"""Buildium suspends the subscription after so many failed deliveries in a row."""
_STOPS_WRITES = frozenset({"sync_off", "outbound_paused", "buildium_outage", "key_rejected", "permission_missing"})


class Condition(TypedDict):
    """A state of the system. `entityType` is null if it concerns all types; `link` is a view of the console."""

    code: str
    severity: str
    since: str | None
    entityType: str | None
    consequence: str
    action: str
    link: str


def conditions(
    items: Mapping[str, Item], control: ControlState, now: float, *, is_sync_enabled: bool
) -> Iterator[Condition]:
    """Return the current conditions, the most severe first.

    `items` are those of the circuits, the webhooks and the import. `now` is in epoch seconds.
    """
    yield from _circuits(items.get("circuits", {}), now)
    yield from _webhooks(items.get("webhooks", {}))
    if not is_sync_enabled:
        yield _condition(
            "sync_off",
            "warning",
            None,
            "Changes stay pending: nothing is sent to Buildium, and polls are off.",
            "Set BUILDIUM_SYNC_ENABLED=true and deploy.",
            "#syncs?status=pending",
        )
    yield from map(_pause, control.pauses)
    yield from _import(items.get("import", {}))


def stops_writes(condition: Condition, entity_type: str) -> bool:
    """Return whether a condition keeps the changes of a type pending."""
    if condition["code"] not in _STOPS_WRITES:
        return False
    is_for_all = condition["entityType"] is None and condition["code"] != "permission_missing"
    return is_for_all or condition["entityType"] == entity_type


def _pause(pause: Pause) -> Condition:
    consequence = {
        Direction.OUTBOUND: f"Changes of {pause.types_text} stay pending and are not sent to Buildium.",
        Direction.INBOUND: f"Changes of {pause.types_text} in Buildium wait and are not applied.",
    }[pause.direction]
    code = f"{pause.direction.value}_paused"
    text = f"{consequence} Reason: {pause.reason.rstrip('.')}."
    return _condition(code, "warning", pause.since, text, "Resume the sync.", "#control", pause.entity_type)


def _circuits(item: Item, now: float) -> Iterator[Condition]:
    if not item:
        return
    from buildium_sync.buildium.circuit_breaker import still_open  # noqa: PLC0415 -- rarely needed

    for name, circuit in sorted(still_open(item, now).items(), key=lambda each: " " in each[0]):
        code, consequence, action = _circuit_texts(name)
        since, kind = format_iso(circuit.since), _type_of(name)
        text = f"{consequence} Reason: {circuit.reason.rstrip('.')}."
        yield _condition(code, "error", since, text, action, "#syncs?status=pending", kind)


def _circuit_texts(name: str) -> tuple[str, str, str]:
    match name:
        case "outage":
            return "buildium_outage", "Buildium does not respond: changes stay pending.", "Wait. The sync then resumes."
        case "address":
            return "buildium_outage", "The address of Buildium is wrong.", "Correct BUILDIUM_BASE_URL and deploy."
        case "key":
            return "key_rejected", "Changes stay pending in both directions.", "Correct the API key of Buildium."
        case _:
            text = f"Buildium rejects {name}: these calls wait."
            return "permission_missing", text, "Grant the permission to the API key in Buildium."


def _type_of(circuit: str) -> str | None:
    """Return the type of the circuit of a permission, None for another one."""
    _, _, resource = circuit.partition(" ")
    paths = {_without_ids(each.path): each.name for each in reversed(all_types())}
    return paths.get(resource)


def _without_ids(path: str) -> str:
    return "/".join(part for part in path.split("/") if "{" not in part)


def _webhooks(item: Item) -> Iterator[Condition]:
    count, since = item.get("rejections", 0), item.get("firstRejectedAt")
    action = "Check that BUILDIUM_WEBHOOK_SECRET is the secret of the webhook in Buildium"
    if count >= _REJECTIONS_SUSPENDED:
        text = "Buildium has probably suspended the subscription. Polls find changes late, and no deletions."
        action = f"{action}. Then enable the subscription."
        yield _condition("subscription_suspended", "error", since, text, action, "#events")
    elif count >= _REJECTIONS_SHOWN:
        text = f"{count} webhook requests in a row were rejected. Buildium suspends the subscription after 20."
        yield _condition("webhooks_rejected", "error", since, text, f"{action}.", "#events")


def _import(item: Item) -> Iterator[Condition]:
    state: Mapping[str, Any] = item.get("state", {})
    if state.get("status") == "running":
        text = "Unknown Buildium entities are created locally by the import. Their events wait."
        yield _condition("import_running", "info", state.get("started_at"), text, "Wait for its end.", "#import")


def _condition(
    code: str,
    severity: str,
    since: str | None,
    consequence: str,
    action: str,
    link: str,
    entity_type: str | None = None,
) -> Condition:
    return {
        "code": code,
        "severity": severity,
        "since": since,
        "entityType": entity_type,
        "consequence": consequence,
        "action": action,
        "link": link,
    }
