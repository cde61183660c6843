"""The example application keeps its edits, and gets everything else from the API."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from examples.connected_app.app import COLUMNS, App

URL = "https://api.test/v1"
FIELDS: dict[str, Any] = {**dict.fromkeys(COLUMNS), "name": "Oak", "city": "Portland"}


@pytest.fixture
def api() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{URL}/api/properties", json={"items": [], "nextCursor": None})
        yield mock


@pytest.fixture
def app(api: responses.RequestsMock, tmp_path: Path) -> App:
    """An application that follows the feed."""
    app = App(str(tmp_path / "app.db"), URL, "a-key")
    api.get(f"{URL}/api/changes", json={"nextCursor": "1", "items": [], "hasMore": False})
    app.pull()
    return app


@pytest.fixture
def key(app: App, api: responses.RequestsMock) -> str:
    """A property that the API has."""
    key = app.save({"name": "Oak", "city": "Portland"})
    put(api, key)
    app.push()
    return key


def put(api: responses.RequestsMock, key: str, status: int = 200, **fields: Any) -> responses.BaseResponse:
    """Return these fields to the next update of a property."""
    path = f"{URL}/api/properties/external-id/{key}"
    return api.upsert(responses.PUT, path, json={"property": entity(key, **fields)}, status=status)


def entity(key: str, **fields: Any) -> dict[str, Any]:
    return {**FIELDS, "id": "7", "externalId": key, "deletedAt": None, **fields}


def change(api: responses.RequestsMock, key: str, **fields: Any) -> None:
    """Change a property in the API."""
    page = {"nextCursor": "2", "items": [{"entityId": "7"}], "hasMore": False}
    api.upsert(responses.GET, f"{URL}/api/changes", json=page)
    api.upsert(responses.GET, f"{URL}/api/properties/7", json={"property": entity(key, **fields)})


def last_body(api: responses.RequestsMock) -> Any:
    return json.loads([call.request.body for call in api.calls if call.request.method == "PUT"][-1] or "null")


def test_a_read_keeps_only_unsent_edits(app: App, api: responses.RequestsMock, key: str) -> None:
    app.save({"city": "Salem"}, key)
    change(api, key, name="Elm", city="Bend")
    app.pull()
    assert app.properties()[key] == {**FIELDS, "name": "Elm", "city": "Salem"}


def test_an_update_without_effect_applies_the_response(app: App, api: responses.RequestsMock, key: str) -> None:
    app.save({"city": "salem"}, key)
    change(api, key, name="Elm", city="Salem")
    app.pull()
    put(api, key, name="Elm", city="Salem")
    app.push()
    assert app.properties()[key] == {**FIELDS, "name": "Elm", "city": "Salem"}


def test_a_response_keeps_later_edits(app: App, api: responses.RequestsMock, key: str) -> None:
    app.save({"city": "Salem"}, key)

    def edit(_: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        app.save({"name": "Ash"}, key)
        return 200, {}, json.dumps({"property": entity(key, city="Salem")})

    api.remove(responses.PUT, f"{URL}/api/properties/external-id/{key}")
    api.add_callback(responses.PUT, f"{URL}/api/properties/external-id/{key}", edit)
    app.push()
    assert app.properties()[key] == {**FIELDS, "name": "Ash", "city": "Salem"}


def test_a_correction_sends_the_newest_values(app: App, api: responses.RequestsMock, key: str) -> None:
    app.save({"city": "?"}, key)
    app.save({"city": "Bend"}, key)
    put(api, key, 422)
    api.put(f"{URL}/api/properties/external-id/{key}", json={"property": entity(key, city="Bend")})
    app.push()
    assert len(app.rejected()) == 1
    app.save({"name": "Ash"}, key)
    put(api, key, name="Ash", city="Bend")
    app.push()
    assert last_body(api) == {"name": "Ash", "city": "Bend"}
    assert app.rejected() == []


@pytest.mark.parametrize("status", [400, 409, 412, 413, 422])
def test_a_rejected_change_waits_for_a_person(app: App, api: responses.RequestsMock, key: str, status: int) -> None:
    app.save({"city": "Salem"}, key)
    put(api, key, status)
    app.push()
    assert [each for each, _ in app.rejected()] == [key]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_other_errors_leave_the_change_to_send(app: App, api: responses.RequestsMock, key: str, status: int) -> None:
    app.save({"city": "Salem"}, key)
    put(api, key, status)
    with pytest.raises(requests.HTTPError):
        app.push()
    assert app.rejected() == []
    put(api, key, city="Salem")
    app.push()
    assert last_body(api) == {"city": "Salem"}


def test_a_deletion_is_applied_despite_unsent_edits(app: App, api: responses.RequestsMock, key: str) -> None:
    app.save({"city": "Salem"}, key)
    change(api, key, deletedAt="2026-11-22T15:45:18.402Z")
    app.pull()
    assert app.properties() == {}


def test_unknown_fields_are_not_saved(app: App) -> None:
    with pytest.raises(ValueError, match="town"):
        app.save({"town": "Salem"})
    assert app.properties() == {}
