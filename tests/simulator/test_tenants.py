"""Rules of tenants."""

import pytest
import requests

from tests.clocks import VirtualClock
from tests.simulator import Simulator
from tests.simulator.conftest import Caller, Receiver
from tests.simulator.payloads import lease, owner, tenant

pytestmark = pytest.mark.sends_invalid_requests

PATH = "/leases/tenants"


def test_a_new_tenant_shows_lists_and_no_lease_id(call: Caller, lease_id: int, home: int, flat: int) -> None:
    contact = {"Name": "Eva Lind", "RelationshipDescription": "Aunt", "Phone": "512 555 0199", "Email": None}
    phones = {"Home": "512 555 0100", "Mobile": "512 555 0102"}
    written = tenant(PhoneNumbers=phones, DateOfBirth="1990-02-28", TaxId="12-1234567", EmergencyContact=contact)
    made = call.created(PATH, {**written, "LeaseId": lease_id})
    assert made["PhoneNumbers"] == [
        {"Number": "512 555 0100", "Type": "Home"},
        {"Number": "512 555 0102", "Type": "Cell"},
    ]
    assert (made["DateOfBirth"], made["TaxId"], made["EmergencyContact"]) == ("1990-02-28", "12-1234567", contact)
    assert (made["CreatedDateTime"], made["MailingPreference"]) == ("2026-01-05T09:00:00Z", "PrimaryAddress")
    [shown] = made["Leases"]
    assert (shown["Id"], shown["PropertyId"], shown["UnitId"], shown["LeaseStatus"]) == (lease_id, home, flat, "Active")
    assert "LeaseId" not in made
    assert call("GET", f"{PATH}/{made['Id']}").json() == made


def test_a_new_tenant_is_listed_by_its_lease(call: Caller, lease_id: int, clock: VirtualClock) -> None:
    clock.now += 60
    made = call.created(PATH, {**tenant(), "LeaseId": lease_id})
    shown = call("GET", f"/leases/{lease_id}").json()
    assert [person["Id"] for person in shown["CurrentTenants"]] == [made["Id"]]
    assert shown["Tenants"] == [{"Id": made["Id"], "Status": "Current", "MoveInDate": "2026-01-01"}]
    assert shown["LastUpdatedDateTime"] == "2026-01-05T09:01:00Z"


def test_tenants_of_a_new_lease_are_read_and_written(call: Caller, flat: int) -> None:
    made = call.created("/leases", lease(flat, Tenants=[tenant(Email="noor@example.com")]))
    path = f"{PATH}/{made['Tenants'][0]['Id']}"
    assert call("GET", path).json()["Email"] == "noor@example.com"
    assert call("PUT", path, tenant(LastName="Lind")).json()["LastName"] == "Lind"
    assert call("GET", f"/leases/{made['Id']}").json()["CurrentTenants"][0]["LastName"] == "Lind"


def test_a_put_replaces_the_tenant_but_not_its_leases(call: Caller, lease_id: int, buildium: Simulator) -> None:
    made = call.created(PATH, {**tenant(Comment="Call first", TaxId="123456789"), "LeaseId": lease_id})
    buildium.edit("tenants", made["Id"], {"SMSOptInStatus": "OptedIn"})
    put = call("PUT", f"{PATH}/{made['Id']}", tenant(FirstName="Ada")).json()
    assert (put["FirstName"], put["Comment"], put["TaxId"]) == ("Ada", None, None)
    assert (put["SMSOptInStatus"], put["Leases"]) == ("OptedIn", made["Leases"])


def test_a_put_rejects_the_lease_id(call: Caller, lease_id: int) -> None:
    made = call.created(PATH, {**tenant(), "LeaseId": lease_id})
    assert call.rejected_keys("PUT", f"{PATH}/{made['Id']}", {**tenant(), "LeaseId": lease_id}) == ["LeaseId"]


@pytest.mark.parametrize("tax_id", ["12-1234567", "123-12-1234", "123456789"])
def test_each_documented_tax_id_format_is_accepted(call: Caller, lease_id: int, tax_id: str) -> None:
    assert call.created(PATH, {**tenant(TaxId=tax_id), "LeaseId": lease_id})["TaxId"] == tax_id


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"LeaseId": None}, "LeaseId"),
        ({"LeaseId": 99}, "LeaseId"),
        ({"FirstName": ""}, "FirstName"),
        ({"LastName": None}, "LastName"),
        ({"LastName": "x" * 128}, "LastName"),
        ({"Address": None}, "Address"),
        ({"Email": "noor"}, "Email"),
        ({"PhoneNumbers": {"Home": "1"}}, "PhoneNumbers.Home"),
        ({"PhoneNumbers": {"Cell": "512 555 0100"}}, "PhoneNumbers.Cell"),
        ({"TaxId": "12-123456"}, "TaxId"),
        ({"TaxId": "12345678"}, "TaxId"),
        ({"TaxId": "123-123-123"}, "TaxId"),
        ({"DateOfBirth": "1990-02-30"}, "DateOfBirth"),
        ({"MailingPreference": "Email"}, "MailingPreference"),
        ({"Comment": "x" * 65536}, "Comment"),
        ({"SMSOptInStatus": "OptedIn"}, "SMSOptInStatus"),
    ],
)
def test_an_invalid_tenant_is_rejected(call: Caller, lease_id: int, changes: dict[str, object], key: str) -> None:
    assert call.rejected_keys("POST", PATH, {**tenant(), "LeaseId": lease_id, **changes}) == [key]
    assert call.ids(PATH) == []


def test_tenants_are_filtered_by_person_and_place(call: Caller, home: int, flat: int, clock: VirtualClock) -> None:
    owner_id = call.created("/rentals/owners", owner(home))["Id"]
    past = call.created("/leases", lease(flat, LeaseFromDate="2025-01-01", LeaseToDate="2025-12-31"))["Id"]
    first = call.created(PATH, {**tenant(Email="noor@example.com"), "LeaseId": past})["Id"]
    clock.now += 60
    ada = tenant(FirstName="Ada", PhoneNumbers={"Home": "512 555 0100"})
    second = call.created("/leases", lease(flat, Tenants=[ada]))["Tenants"][0]["Id"]
    for one in (
        {"name": "noor had"},
        {"email": "NOOR@"},
        {"leasetermstatuses": "Past"},
        {"lastupdatedto": "2026-01-05T09:00:00Z"},
    ):
        assert call.ids(PATH, **one) == [first]
    for other in ({"phone": "0100"}, {"leasetermstatuses": "Active"}, {"lastupdatedfrom": "2026-01-05T09:01:00Z"}):
        assert call.ids(PATH, **other) == [second]
    everywhere = {"propertyids": home, "unitids": flat, "unitnumber": "1", "rentalownerids": owner_id}
    for name, value in (everywhere | {"buildingstatuses": "Active"}).items():
        assert call.ids(PATH, orderby="Id", **{name: value}) == [first, second]
    for name in ("propertyids", "unitids", "rentalownerids"):
        assert call.ids(PATH, **{name: 99}) == []
    assert call.ids(PATH, buildingstatuses="InActive") == []


def test_tenant_events_contain_the_tenant_id_only(
    call: Caller, buildium: Simulator, lease_id: int, receiver: Receiver
) -> None:
    buildium.configure_webhooks(url=receiver.url)
    tenant_id = call.created(PATH, {**tenant(TaxId="123456789"), "LeaseId": lease_id})["Id"]
    call("PUT", f"{PATH}/{tenant_id}", tenant())
    buildium.delete("tenants", tenant_id)
    assert buildium.wait_for_webhooks()
    sent = [delivery.body for delivery in buildium.deliveries()][-3:]
    assert [event["EventName"] for event in sent] == [
        f"LeaseTenant.{done}" for done in ("Created", "Updated", "Deleted")
    ]
    assert {tuple(event) for event in sent} == {("EventName", "EventDateTime", "AccountId", "TenantId")}
    assert call("GET", f"{PATH}/{tenant_id}").status_code == 404
    assert call("GET", f"/leases/{lease_id}").json()["Tenants"] == []


def test_a_lost_create_leaves_one_tenant(call: Caller, buildium: Simulator, lease_id: int) -> None:
    buildium.fault("reset_after", "POST", PATH)
    with pytest.raises(requests.ConnectionError):
        call("POST", PATH, {**tenant(), "LeaseId": lease_id})
    assert len(call.ids(PATH)) == 1


def test_a_hidden_tenant_is_listed_later(call: Caller, buildium: Simulator, lease_id: int, clock: VirtualClock) -> None:
    buildium.fault("hidden", "POST", PATH, seconds=30)
    made = call.created(PATH, {**tenant(), "LeaseId": lease_id})["Id"]
    assert (call.ids(PATH), call("GET", f"{PATH}/{made}").status_code) == ([], 200)
    clock.now += 30
    assert call.ids(PATH) == [made]


def test_the_path_of_tenants_is_not_a_lease(call: Caller, lease_id: int) -> None:
    assert call.ids("/leases") == [lease_id]
    assert call.ids(PATH) == []
    assert call("GET", f"{PATH}/{lease_id}").status_code == 404
