"""The routes that pause and resume the sync, and show what is paused."""

import pytest

from tests.functions.api import Api
from tests.harness.events import api_request

REASON = "wrong names"
OPERATOR = "k3y1d"


def paused(api: Api) -> list[tuple[str, str | None]]:
    pauses = api.get("/api/buildium/control").body["control"]["pauses"]
    return [(each["direction"], each["entityType"]) for each in pauses]


def test_nothing_is_paused_at_first(api: Api) -> None:
    control = api.get("/api/buildium/control").body["control"]

    assert control == {"startMode": "normal", "pauses": [], "changes": []}


def test_a_pause_without_a_direction_stops_both(api: Api) -> None:
    response = api.request("POST", "/api/buildium/pause", {"reason": REASON})

    assert response.status == 200
    assert paused(api) == [("outbound", None), ("inbound", None)]


def test_a_pause_shows_who_made_it_when_and_why(api: Api) -> None:
    pause = api_request(
        "POST", "/api/buildium/pause", {"direction": "outbound", "entityType": "owner", "reason": REASON}
    )
    pause["requestContext"]["identity"]["apiKeyId"] = OPERATOR
    api.send(pause)
    api.request("POST", "/api/buildium/resume", {"direction": "outbound", "reason": "repaired"})

    changes = api.get("/api/buildium/control").body["control"]["changes"]
    assert [(each["action"], each["entityType"], each["reason"]) for each in changes] == [
        ("resume", "owner", "repaired"),
        ("pause", "owner", REASON),
    ]
    assert [each["by"] for each in changes] == [None, OPERATOR]
    assert all(each["at"] for each in changes)
    assert paused(api) == []


def test_a_repeated_pause_changes_nothing(api: Api) -> None:
    first = api.request("POST", "/api/buildium/pause", {"direction": "inbound", "reason": REASON})
    second = api.request("POST", "/api/buildium/pause", {"direction": "inbound", "reason": "another"})

    assert second.body == first.body


def test_a_resume_of_one_type_needs_its_own_pause(api: Api) -> None:
    api.request("POST", "/api/buildium/pause", {"direction": "outbound", "reason": REASON})

    response = api.request("POST", "/api/buildium/resume", {"entityType": "owner"})

    assert (response.status, response.fields) == (422, ["entityType"])
    assert paused(api) == [("outbound", None)]


def test_a_resume_of_one_type_leaves_the_others_paused(api: Api) -> None:
    for name in ("owner", "unit"):
        api.request("POST", "/api/buildium/pause", {"direction": "inbound", "entityType": name, "reason": REASON})

    api.request("POST", "/api/buildium/resume", {"entityType": "owner"})

    assert paused(api) == [("inbound", "unit")]


def test_a_resume_without_a_body_ends_every_pause(api: Api) -> None:
    api.request("POST", "/api/buildium/pause", {"reason": REASON})
    api.request("POST", "/api/buildium/pause", {"entityType": "unit", "reason": REASON})

    api.request("POST", "/api/buildium/resume")

    assert paused(api) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 301}, "reason"),
        ({"reason": REASON, "direction": "up"}, "direction"),
        ({"reason": REASON, "entityType": 7}, "entityType"),
        ({"reason": REASON, "types": []}, "types"),
    ],
)
def test_an_invalid_pause_names_the_field(api: Api, body: dict[str, object], field: str) -> None:
    response = api.request("POST", "/api/buildium/pause", body)

    assert (response.status, response.fields) == (422, [field])


def test_a_pause_of_an_unknown_type_is_rejected(api: Api) -> None:
    response = api.request("POST", "/api/buildium/pause", {"reason": REASON, "entityType": "boat"})

    assert response.status == 404
    assert paused(api) == []


def test_the_audit_trail_has_the_last_hundred_changes(api: Api) -> None:
    for n in range(51):
        api.request("POST", "/api/buildium/pause", {"direction": "inbound", "reason": f"{n}"})
        api.request("POST", "/api/buildium/resume")

    changes = api.get("/api/buildium/control").body["control"]["changes"]
    assert (len(changes), changes[1]["reason"], changes[-1]["reason"]) == (100, "50", "1")
