"""Row 6: a webhook from bytes to events, compared with the usual snippet, and its AWS calls."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from functools import partial
from secrets import token_hex
from statistics import median
from typing import Any

from buildium_sync.webhooks.event_parser import parse_events
from buildium_sync.webhooks.payload import parse
from buildium_sync.webhooks.signature import verify
from tests.harness.events import signed_webhook
from tools.bench.events import payload
from tools.bench.ratios import in_turn, ratios
from tools.bench.report import Table
from tools.bench.system import System, system

_SIGNING_KEY = token_hex(16)
_TARGETS = {1: "≤ 0.60", 100: "≤ 0.45"}


def race(rounds: int) -> list[Table]:
    """Return the tables of the time and the calls."""
    rows, figures = [], {}
    for events, target in _TARGETS.items():
        headers, body = _signed(events)
        repeats = max(2000 // events, 20)
        programs = {"usual snippet": _usual, "buildium-sync": _product}
        runs = {name: partial(_time, program, headers, body, repeats) for name, program in programs.items()}
        samples = in_turn(runs, rounds)
        figures[events] = samples
        by_usual = ratios(samples, "usual snippet")
        for name, taken in samples.items():
            each = median(taken) * 1e6 / events
            rows.append([name, events, each, by_usual[name], target if name == "buildium-sync" else ""])
    about = (
        "Verify, parse and normalize. The usual snippet parses the body, serializes it, signs it with `hmac.new` and "
        "compares. It turns each event into a dict with a key for duplicates: the SHA-256 of name, id and date. "
        f"Medians of {rounds} rounds."
    )
    columns = ["program", "events per request", "µs per event", "of the usual", "target"]
    return [Table("6. Webhooks: time", about, columns, rows, {"seconds": figures}), _calls()]


def _signed(events: int) -> tuple[dict[str, str], bytes]:
    body, headers = signed_webhook(payload(events), _SIGNING_KEY, time.time())
    return headers, body


def _time(program: Callable[[dict[str, str], bytes], Any], headers: dict[str, str], body: bytes, repeats: int) -> float:
    started = time.perf_counter()
    for _ in range(repeats):
        program(headers, body)
    return (time.perf_counter() - started) / repeats


def _usual(headers: dict[str, str], body: bytes) -> list[dict[str, Any]]:
    document = json.loads(body)
    compact = json.dumps(document, separators=(",", ":"))
    message = f"{headers['buildium-webhook-timestamp']}.{compact}"
    digest = hmac.new(_SIGNING_KEY.encode(), message.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(base64.b64encode(digest).decode(), headers["buildium-webhook-signature"]):
        raise ValueError("the signature is wrong")
    return [_event(item) for item in document.get("Events", [document])]


def _event(item: dict[str, Any]) -> dict[str, Any]:
    name = item.get("EventName") or item.get("EventType")
    entity_id = item.get("EntityId") or item.get("PropertyId")
    date = item.get("EventDateTime") or item.get("EventDate")
    key = hashlib.sha256(f"{name}{entity_id}{date}".encode()).hexdigest()
    return {"key": key, "name": name, "entityId": entity_id, "date": date, "payload": item}


def _product(headers: dict[str, str], body: bytes) -> list[Any]:
    sent = verify(headers, body, lambda: (_SIGNING_KEY,), now=time.time(), tolerance_seconds=7200)
    return parse_events(parse(body), sent=sent, received_at="2026-11-22T15:45:18.017Z", correlation_id="request-1")


def _calls() -> Table:
    with system() as running:
        running.webhook(payload(1))
        rows = [_row(running, events) for events in _TARGETS]
    return Table(
        "6. Webhooks: calls",
        "AWS calls of the webhook function for one request, once the secret is cached.",
        ["events per request", "DynamoDB", "event bus", "calls per event", "target"],
        rows,
    )


def _row(running: System, events: int) -> list[object]:
    running.meter.take()
    running.webhook(payload(events))
    calls = running.meter.take().calls
    bus = calls["PutEvents"]
    database = calls.total() - bus
    target = "1 and 1" if events == 1 else "batched"
    return [events, database, bus, (database + bus) / events, target]
