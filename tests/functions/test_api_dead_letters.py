"""A correcting PUT removes the dead letter of its entity."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from buildium_sync.domain.sync_status import Status
from buildium_sync.store.queues import SyncQueue
from tests.functions.api import PROPERTY_ID, Api, Response

PATH = f"/api/properties/{PROPERTY_ID}"
OTHER_ID = "0b7fdcd5-31f1-4b0e-8f0e-0d1d1c5d0c2f"


def put(api: Api, **fields: Any) -> Response:
    return api.request("PUT", PATH, fields)


def _unreachable(*_arguments: object, **_more: object) -> None:
    raise EndpointConnectionError(endpoint_url="https://sqs")


def test_a_correcting_put_removes_its_own_dead_letter(api: Api) -> None:
    ref = api.keep(status=Status.FAILED)
    api.send_to_dlq(ref)

    assert put(api, name="Corrected").status == 200
    assert api.dead_lettered() == 0


def test_a_correcting_put_keeps_other_dead_letters(api: Api) -> None:
    ref, other = api.keep(status=Status.FAILED), api.keep(entity_id=OTHER_ID, status=Status.FAILED)
    api.send_to_dlq(ref)
    api.send_to_dlq(other)
    put(api, name="Corrected")

    assert api.dead_lettered() == 1


def test_a_put_of_the_external_id_keeps_the_dead_letter(api: Api) -> None:
    ref = api.keep(status=Status.FAILED)
    api.send_to_dlq(ref)
    put(api, externalId="B-7")

    assert api.dead_lettered() == 1


def test_a_put_of_a_synced_entity_receives_no_dead_letters(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.keep(status=Status.SYNCED, buildium_id=501, synced_version=1)
    monkeypatch.delattr(SyncQueue, "receive_dead_letters")

    assert put(api, name="Changed").status == 200


def test_a_put_succeeds_without_the_dead_letter_queue(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.keep(status=Status.FAILED)

    monkeypatch.setattr(SyncQueue, "receive_dead_letters", _unreachable)

    assert put(api, name="Corrected").status == 200
