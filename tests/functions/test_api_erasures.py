"""POST and GET /api/{collection}/{id}/erasure: an operator starts an erasure and follows it."""

import pytest

from buildium_sync.domain.entity import Entity, EntityRef, Origin
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.operator import Role
from buildium_sync.domain.sync_record import SyncRecord
from buildium_sync.domain.sync_status import Status
from buildium_sync.entity_types.registry import all_types, by_name
from buildium_sync.reconcile.erasure.eraser import blanked
from buildium_sync.reconcile.erasure.state import JOB
from buildium_sync.reconcile.jobs.job_state import job_name
from buildium_sync.store.jobs import JobStore
from tests.aws import CONTROL
from tests.functions.api import CREATED, PROPERTY_ID, Api
from tests.functions.test_api_operators import add_operator, ask
from tests.harness.runtime import clear_compositions
from tools.openapi.entity_examples import CREATES

PATH = f"/api/properties/{PROPERTY_ID}/erasure"
MESSAGE = {"job": JOB, "entityType": "property", "entityId": PROPERTY_ID}


def test_an_erasure_is_stored_and_queued(api: Api) -> None:
    api.keep()
    assert api.file("erasure").body["erasure"]["status"] == "not_started"
    response = api.file("erase")

    erasure = response.body["erasure"]
    assert (response.status, erasure["status"], erasure["entityId"]) == (202, "queued", PROPERTY_ID)
    assert erasure["requestedAt"] is not None
    assert api.file("erasure").body == response.body
    assert api.queued(api.reconcile_url) == [MESSAGE]


def test_a_repeated_request_starts_no_second_erasure(api: Api) -> None:
    api.keep()
    first = api.file("erase")

    assert api.file("erase").body == first.body
    assert api.queued(api.reconcile_url) == [MESSAGE]


def test_the_api_function_erases_nothing_on_its_own(api: Api) -> None:
    ref = api.keep()
    before = api.store.load(ref)
    api.file("erase")

    assert api.store.load(ref) == before


@pytest.mark.parametrize(
    "path", ["/api/properties/x/erasure", "/api/owners/7/erasure", f"/api/properties/{'7' * 65}/erasure"]
)
def test_an_unknown_entity_has_no_erasure(path: str, api: Api) -> None:
    assert [api.request(method, path).status for method in ("GET", "POST")] == [404, 404]
    assert api.queued(api.reconcile_url) == []


@pytest.mark.parametrize("entity_type", [each for each in all_types() if each.is_read_only], ids=lambda each: each.name)
def test_the_erasure_of_a_read_only_entity_is_documented(entity_type: EntityType, api: Api) -> None:
    ref = EntityRef(entity_type.name, "local-id")
    entity = Entity(ref, 1, entity_type.default_remote_fields, Origin.BUILDIUM, CREATED, CREATED, "correlation")
    record = SyncRecord.created_from_buildium(ref, 7, entity.fields, "correlation", 0.0)
    api.store.write(api.store.writes.put_entity(entity), api.store.writes.put_sync(record))

    assert api.request("POST", f"/api/{entity_type.collection}/local-id/erasure").status == 202


def test_an_unknown_collection_has_no_erasures(api: Api) -> None:
    assert api.request("POST", "/api/people/7/erasure").status == 404


def test_another_method_is_rejected(api: Api) -> None:
    response = api.request("DELETE", PATH)
    assert (response.status, response.headers["Allow"]) == (405, "GET, POST")
    assert api.request("PUT", "/api/lease-transactions/7/erasure").headers["Allow"] == "GET, POST"


def test_a_failed_erasure_can_be_requested_again(api: Api) -> None:
    api.keep()
    api.file("erase")
    jobs, name = JobStore(api.dynamodb, CONTROL), job_name(JOB, EntityRef("property", PROPERTY_ID))
    job = jobs.acquire(name, now=1, until=2)
    assert job is not None
    jobs.release(job, {**(job.state or {}), "status": "failed", "error": "Not recorded"})

    assert api.file("erasure").body["erasure"]["error"] == "Not recorded"
    assert api.file("erase").body["erasure"]["status"] == "queued"


@pytest.mark.parametrize("name", CREATES)
def test_an_erased_entity_of_every_type_can_be_read(name: str, api: Api) -> None:
    entity_type, ref, writes = by_name(name), EntityRef(name, "7"), api.store.writes
    fields = CREATES[name] if entity_type.is_read_only else entity_type.validate(CREATES[name])
    fields = blanked(entity_type, fields)
    entity = Entity(ref, 1, fields, Origin.BUILDIUM, CREATED, CREATED, "c", deleted_at=CREATED, erased_at=CREATED)
    sync = SyncRecord(ref, 1, Status.DELETED, CREATED, CREATED, "c", requested_at=CREATED, synced_version=1)
    api.store.write(writes.put_entity(entity), writes.put_sync(sync))

    for path in (f"/api/{entity_type.collection}", f"/api/{entity_type.collection}/7"):
        assert api.get(path).status == 200


class TestOperators:
    @pytest.fixture(autouse=True)
    def untrusted_application(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("APPLICATION_KEY_CAN_OPERATE", "false")
        clear_compositions()

    def test_only_an_operator_can_erase(self, api: Api) -> None:
        api.keep()
        assert api.request("POST", PATH, headers={"x-api-key": "application"}).status == 403
        add_operator(api, Role.READ)
        assert ask(api, "POST", PATH).body["errorCode"] == "operator_required"
        assert api.queued(api.reconcile_url) == []

    def test_the_erasure_names_the_operator(self, api: Api) -> None:
        add_operator(api, Role.OPERATE)
        api.keep()
        assert ask(api, "POST", PATH).body["erasure"]["by"] == "Ann"
