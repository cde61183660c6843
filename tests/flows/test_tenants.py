"""Tenants and their leases: lost creates, and the tenants that Buildium creates with a lease."""

from typing import Any

import pytest

from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.sync_status import Status
from buildium_sync.errors import InvalidFields
from buildium_sync.store.dynamodb import to_attributes
from tests.aws import ENTITIES
from tests.flows.schedule import Schedule
from tests.flows.system import PROPERTY, TENANT, System
from tests.flows.test_related_events import of, receive_event
from tests.flows.test_types import CASES, PAST_THE_ECHO, known
from tests.simulator import Simulator

START, END = "2020-01-01", "2099-12-31"
ADDRESS = {name: PROPERTY[name] for name in ("addressLine1", "city", "state", "postalCode", "country")}
NEW = {"firstName": "Ann", "lastName": "Lee", **ADDRESS}
TAX_ID, BORN = "987-65-4321", "1971-03-17"


def id_of(kept: StoredEntity) -> str:
    return kept.entity.ref.entity_id


def unit(system: System) -> StoredEntity:
    made = {"property": system.create("property", PROPERTY)}
    return system.create("unit", CASES["unit"].body(made))


def lease(system: System, **more: Any) -> StoredEntity:
    """A current lease, not synced yet."""
    term = {"leaseType": "Fixed", "leaseFromDate": START, "leaseToDate": END}
    return system.create("lease", {**term, "unitId": id_of(unit(system)), **more})


def shown(system: System, kept: StoredEntity) -> dict[str, Any]:
    """The entity as the API returns it."""
    return system.records.read(kept.entity_type, id_of(kept)).representation()


def tenant_ids(system: System, kept: StoredEntity) -> tuple[list[str], list[int]]:
    fields = shown(system, kept)
    return fields["tenantIds"], fields["buildiumTenantIds"]


@pytest.fixture
def schedule(system: System, buildium: Simulator, monkeypatch: pytest.MonkeyPatch) -> Schedule:
    return Schedule(system, monkeypatch)


class TestCreates:
    def test_a_tenant_waits_for_its_lease(self, system: System, buildium: Simulator) -> None:
        buildium.fault("status", method="POST", path="/leases", status=422, times=1)
        home = lease(system)
        kept = system.create("tenant", {**TENANT, "leaseId": id_of(home)})
        system.work()
        assert (system.sync_of(home).status, system.sync_of(kept).status) == (Status.FAILED, Status.BLOCKED)

        system.update(home, {"leaseToDate": "2098-12-31"})
        system.work()

        assert system.sync_of(kept).status is Status.SYNCED
        [tenant] = buildium.state()["tenants"]
        assert [each["Id"] for each in buildium.get("tenants", tenant["Id"])["Leases"]] == [known(system, home)]

    def test_equal_names_on_two_leases_are_never_mixed(self, system: System, buildium: Simulator) -> None:
        homes = [lease(system) for _ in range(2)]
        system.work()
        buildium.fault("reset_after", method="POST", path="/leases/tenants", times=2)
        pair = [system.create("tenant", {**TENANT, "leaseId": id_of(home)}) for home in homes]
        system.work()

        assert len(buildium.state()["tenants"]) == 2
        for home, kept in zip(homes, pair, strict=True):
            leases = buildium.get("tenants", known(system, kept))["Leases"]
            assert [each["Id"] for each in leases] == [known(system, home)]

    def test_a_namesake_on_another_lease_is_never_adopted(self, system: System, buildium: Simulator) -> None:
        homes = [lease(system) for _ in range(2)]
        system.work()
        first = system.create("tenant", {**TENANT, "leaseId": id_of(homes[0])})
        system.work()
        namesake = {**buildium.get("tenants", known(system, first)), "Id": None}
        path = "/leases/tenants"
        buildium.fault("reset_before", method="POST", path=path)
        system.during(path, lambda: _on_lease(buildium, namesake, known(system, homes[0])), "POST")
        kept = system.create("tenant", {**TENANT, "leaseId": id_of(homes[1])})
        system.work()

        leases = buildium.get("tenants", known(system, kept))["Leases"]
        assert [each["Id"] for each in leases] == [known(system, homes[1])]

    def test_an_expired_intent_leads_to_a_review_not_a_create(self, system: System, buildium: Simulator) -> None:
        home = lease(system)
        system.work()
        buildium.fault("reset_after", method="POST", path="/leases/tenants")
        kept = system.create("tenant", {**TENANT, "leaseId": id_of(home)})
        system.work_once()
        buildium.fault("status", method="GET", path="/leases/tenants", status=500, times=1000)
        system.work()
        assert system.sync_of(kept).status is Status.FAILED
        key = {"pk": "intents#tenant", "sk": id_of(kept)}
        item = system.dynamodb.get_item(TableName=ENTITIES, Key=to_attributes(key))["Item"]
        expires_at = float(item["expiresAt"]["N"])
        assert expires_at >= system.clock() + 89 * 86_400

        system.clock.sleep(expires_at - system.clock())
        system.dynamodb.delete_item(TableName=ENTITIES, Key=to_attributes(key))
        buildium.clear_faults()
        system.retry.retry_one(kept.entity.ref)
        system.work()

        assert (system.sync_of(kept).status, len(buildium.state()["tenants"])) == (Status.NEEDS_REVIEW, 1)

    def test_an_intent_with_personal_data_ends_with_its_create(self, system: System) -> None:
        home = lease(system)
        kept = system.create("tenant", {**TENANT, "leaseId": id_of(home), "taxId": TAX_ID})
        system.work()
        assert (system.sync_of(kept).status, system.store.intents("tenant")) == (Status.SYNCED, [])


def _on_lease(buildium: Simulator, fields: dict[str, Any], lease_id: int) -> None:
    made = buildium.create("tenants", {name: fields[name] for name in fields if name not in ("Id", "Leases")})
    found = buildium.get("leases", lease_id)["Tenants"]
    buildium.edit("leases", lease_id, {"Tenants": [*({"Id": each["Id"]} for each in found), {"Id": made["Id"]}]})


class TestTenantsOfALease:
    def test_new_tenants_of_a_lease_become_local_by_event(self, system: System, buildium: Simulator) -> None:
        home = lease(system, tenants=[NEW])
        system.work()
        [made] = [each["Id"] for each in buildium.state()["tenants"]]
        assert tenant_ids(system, home) == ([], [made])
        system.clock.sleep(PAST_THE_ECHO)

        receive_event(system, "LeaseTenant.Created", TenantId=made)

        kept = of(system, "tenant", made)
        assert (kept.entity.fields["firstName"], kept.entity.fields["leaseId"]) == ("Ann", id_of(home))
        assert tenant_ids(system, home) == ([id_of(kept)], [made])

    def test_new_tenants_of_a_lease_become_local_by_poll(
        self, system: System, schedule: Schedule, buildium: Simulator
    ) -> None:
        schedule.poll()
        home = lease(system, tenants=[NEW, {**NEW, "firstName": "Bo"}])
        system.work()
        schedule.poll_later()

        local, numbers = tenant_ids(system, home)
        assert {system.store.local_ids([("tenant", each)])["tenant", each] for each in numbers} == set(local)
        assert len(local) == 2
        posts = system.calls("POST")
        schedule.poll_later()
        system.work()
        assert (system.calls("POST"), len(buildium.state()["tenants"])) == (posts, 2)

    def test_a_lease_names_existing_tenants_by_either_id(self, system: System, buildium: Simulator) -> None:
        first = system.create("tenant", {**TENANT, "leaseId": id_of(lease(system))})
        system.work()
        stranger = buildium.create("tenants", {"FirstName": "Noor", "LastName": "Haddad"})["Id"]

        home = lease(system, tenantIds=[id_of(first), stranger])
        assert tenant_ids(system, home)[0] == [id_of(first), stranger]
        system.work()

        assert tenant_ids(system, home) == ([id_of(first)], [known(system, first), stranger])

    def test_a_lease_waits_for_a_tenant_that_it_names(self, system: System, buildium: Simulator) -> None:
        buildium.fault("status", method="POST", path="/leases/tenants", status=422, times=1)
        kept = system.create("tenant", {**TENANT, "leaseId": id_of(lease(system))})
        home = lease(system, tenantIds=[id_of(kept)])
        system.work()
        assert system.sync_of(home).status is Status.BLOCKED

        system.update(kept, {"comment": "Corrected"})
        system.work()
        assert tenant_ids(system, home) == ([id_of(kept)], [known(system, kept)])

    def test_a_lease_sent_back_unchanged_changes_nothing(self, system: System) -> None:
        kept = system.create("tenant", {**TENANT, "leaseId": id_of(lease(system))})
        home = lease(system, tenantIds=[id_of(kept)])
        system.work()
        version = system.records.read(home.entity_type, id_of(home)).entity.version

        assert system.update(home, shown(system, home)).entity.version == version
        assert system.update(home, {**shown(system, home), "leaseToDate": "2098-12-31"}).entity.version == version + 1
        with pytest.raises(InvalidFields, match="tenantIds"):
            system.update(home, {"tenantIds": []})

    def test_a_lost_create_of_a_lease_with_local_tenants_is_adopted(self, system: System, buildium: Simulator) -> None:
        kept = system.create("tenant", {**TENANT, "leaseId": id_of(lease(system))})
        system.work()
        buildium.fault("reset_after", method="POST", path="/leases")
        home = lease(system, tenantIds=[id_of(kept)], tenants=[NEW])
        system.work()

        assert (system.sync_of(home).status, len(buildium.state()["leases"])) == (Status.SYNCED, 2)


class TestLists:
    def test_tenants_are_listed_by_lease(self, system: System, buildium: Simulator) -> None:
        homes = [lease(system) for _ in range(2)]
        made = [system.create("tenant", {**TENANT, "leaseId": id_of(homes[number % 2])}) for number in range(5)]
        system.work()
        second = lease(system, tenantIds=[id_of(made[0])])
        system.work()
        system.clock.sleep(PAST_THE_ECHO)
        receive_event(system, "LeaseTenant.Updated", TenantId=known(system, made[0]))

        def listed(text: str) -> set[str]:
            return {id_of(each) for each in system.listed("tenant", "leaseId", text)}

        for home, expected in ((homes[0], made[::2]), (homes[1], made[1::2]), (second, made[:1])):
            assert listed(id_of(home)) == listed(str(known(system, home))) == {id_of(each) for each in expected}
        assert listed("unknown") == listed(id_of(homes[0])[:8]) == set()


class TestSecrets:
    def test_a_tenant_sent_back_unchanged_changes_nothing(self, system: System, buildium: Simulator) -> None:
        secrets = {"taxId": TAX_ID, "dateOfBirth": BORN}
        kept = system.create("tenant", {**TENANT, **secrets, "leaseId": id_of(lease(system))})
        system.work()
        calls = len(buildium.requests())
        before = system.records.read(kept.entity_type, id_of(kept)).entity

        assert shown(system, kept)["taxId"] == "***-**-4321"
        assert system.update(kept, shown(system, kept)).entity == before
        system.update(kept, {**shown(system, kept), "comment": "Calls at night"})
        system.work()

        assert len(buildium.requests()) == calls + 2
        made = buildium.get("tenants", known(system, kept))
        assert (made["TaxId"], made["DateOfBirth"], made["Comment"]) == (TAX_ID, BORN, "Calls at night")

    def test_a_rejection_that_quotes_secrets_stores_none(self, system: System, buildium: Simulator) -> None:
        home = lease(system)
        system.work()
        spellings = ["987654321", "987 65 4321", TAX_ID, BORN, "03/17/1971", "3/17/1971 12:00:00 AM", "March 17, 1971"]
        quoted = {"UserMessage": " ".join(spellings), "Errors": [{"Key": "TaxId", "Value": each} for each in spellings]}
        buildium.fault("status", method="POST", path="/leases/tenants", status=422, body=quoted)
        kept = system.create("tenant", {**TENANT, "leaseId": id_of(home), "taxId": TAX_ID, "dateOfBirth": BORN})
        system.work()

        record = system.sync_of(kept)
        assert record.status is Status.FAILED
        found = f"{record.error_message} {record.errors}"
        assert not [each for each in (*spellings, "4321", "1971") if each in found]
