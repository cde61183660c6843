"""Rules of rental properties and their units."""

import pytest

from tests.simulator import Simulator
from tests.simulator.conftest import Caller
from tests.simulator.payloads import address, owner, rental, unit, unit_update
from tests.simulator.states import US_TERRITORIES

pytestmark = pytest.mark.sends_invalid_requests

JSON = {"Content-Type": "application/json"}


def activate(call: Caller, property_id: int, request: str) -> None:
    response = call("POST", f"/rentals/{property_id}/{request}", headers=JSON)
    assert (response.status_code, response.content) == (204, b"")


class TestProperties:
    def test_a_property_response_matches_the_written_fields(self, call: Caller) -> None:
        made = call.created("/rentals", rental(YearBuilt=1999, Reserve=250.5))
        assert made["Address"] == {**address(), "AddressLine2": None, "AddressLine3": None}
        assert (made["YearBuilt"], made["Reserve"], made["RentalType"]) == (1999, 250.5, "Residential")
        assert call("GET", f"/rentals/{made['Id']}").json() == made

    def test_a_created_property_is_named_in_the_location_header(self, call: Caller, buildium: Simulator) -> None:
        response = call("POST", "/rentals", rental())
        assert response.headers["Location"] == f"{buildium.base_url}/rentals/{response.json()['Id']}"

    def test_owners_named_by_a_new_property_own_it(self, call: Caller) -> None:
        first = call.created("/rentals", rental())["Id"]
        owner_id = call.created("/rentals/owners", owner(first))["Id"]
        second = call.created("/rentals", rental(RentalOwnerIds=[owner_id]))
        assert call("GET", f"/rentals/owners/{owner_id}").json()["PropertyIds"] == [first, second["Id"]]
        assert "RentalOwnerIds" not in second

    def test_a_put_sets_omitted_fields_to_null(self, call: Caller) -> None:
        made = call.created("/rentals", rental(YearBuilt=1999, StructureDescription="Brick"))
        put = call("PUT", f"/rentals/{made['Id']}", rental(Name="Sunrise Villa")).json()
        assert (put["Name"], put["YearBuilt"], put["StructureDescription"]) == ("Sunrise Villa", None, None)
        assert put["NumberUnits"] == 1


class TestRejectedProperties:
    @pytest.mark.parametrize("key", ["Name", "RentalSubType", "OperatingBankAccountId", "Address"])
    @pytest.mark.parametrize("method", ["POST", "PUT"])
    def test_a_property_without_a_required_field_is_rejected(self, call: Caller, method: str, key: str) -> None:
        made = call.created("/rentals", rental())
        body = rental()
        del body[key]
        path = "/rentals" if method == "POST" else f"/rentals/{made['Id']}"
        assert call.rejected_keys(method, path, body) == [key]

    @pytest.mark.parametrize(
        ("changes", "key"),
        [
            ({"Name": "x" * 128}, "Name"),
            ({"Name": ""}, "Name"),
            ({"Name": 7}, "Name"),
            ({"RentalSubType": "Castle"}, "RentalSubType"),
            ({"OperatingBankAccountId": 99}, "OperatingBankAccountId"),
            ({"OperatingBankAccountId": "1"}, "OperatingBankAccountId"),
            ({"RentalOwnerIds": [99]}, "RentalOwnerIds[0]"),
            ({"YearBuilt": 999}, "YearBuilt"),
            ({"YearBuilt": 2027}, "YearBuilt"),
            ({"Reserve": "250"}, "Reserve"),
            ({"Adress": address()}, "Adress"),
            ({"Address": address(City="x" * 101)}, "Address.City"),
            ({"Address": address(Country="US")}, "Address.Country"),
            ({"Address": address(Country="United States")}, "Address.Country"),
            ({"Address": address(State="Ontario")}, "Address.State"),
            ({"Address": address(State=None)}, "Address.State"),
            ({"Address": address(Country="Canada", State="TX")}, "Address.State"),
            ({"Address": address(PostalCode=None)}, "Address.PostalCode"),
            ({"Address": address(Line1="x")}, "Address.Line1"),
            ({"Address": "100 Main Street"}, "Address"),
            ({"Units": [{"UnitNumber": "A", "Address": address()}] * 2}, "Units"),
            ({"Units": [{"UnitNumber": "A"}]}, "Units[0].Address"),
        ],
    )
    def test_an_invalid_property_is_rejected(self, call: Caller, changes: dict[str, object], key: str) -> None:
        assert call.rejected_keys("POST", "/rentals", rental(**changes)) == [key]

    @pytest.mark.parametrize(
        "where",
        [
            {"State": "Texas"},
            *({"State": state} for state in (*US_TERRITORIES, *US_TERRITORIES.values())),
            {"Country": "PuertoRico", "State": None},
            {"Country": "Canada", "State": "Ontario"},
            {"Country": "Canada", "State": "ON"},
            {"Country": "France", "State": None},
            {"Country": "IsleofMan", "State": "anything"},
        ],
    )
    def test_an_address_with_a_valid_state_and_country_is_accepted(
        self, call: Caller, where: dict[str, object]
    ) -> None:
        call.created("/rentals", rental(Address=address(**where)))

    @pytest.mark.parametrize("state", [*US_TERRITORIES, *US_TERRITORIES.values()])
    def test_a_strict_account_rejects_territories_and_military_mail(self, state: str) -> None:
        with Simulator(rate_limit=0, strict_states=True) as strict:
            assert Caller(strict).rejected_keys("POST", "/rentals", rental(Address=address(State=state))) == [
                "Address.State"
            ]


class TestUnits:
    def test_a_property_without_units_gets_a_unit_named_by_link(self, call: Caller) -> None:
        response = call("POST", "/rentals", rental())
        made = call.session.get(response.headers["Link"]).json()
        assert made["PropertyId"] == response.json()["Id"]
        assert made["Address"] == response.json()["Address"]
        assert response.json()["NumberUnits"] == 1

    def test_units_in_a_property_payload_replace_the_default_unit(self, call: Caller) -> None:
        units = [{"UnitNumber": number, "Address": address()} for number in ("A", "B")]
        response = call("POST", "/rentals", rental(Units=units))
        assert response.json()["NumberUnits"] == 2
        assert "Link" not in response.headers

    def test_units_are_accepted_only_with_a_new_property(self, call: Caller) -> None:
        made = call.created("/rentals", rental())
        assert call.rejected_keys("PUT", f"/rentals/{made['Id']}", rental(Units=[])) == ["Units"]

    def test_a_unit_number_is_unique_in_its_property(self, call: Caller) -> None:
        first = call.created("/rentals", rental())["Id"]
        second = call.created("/rentals", rental())["Id"]
        made = call.created("/rentals/units", unit(first))
        assert call.rejected_keys("POST", "/rentals/units", unit(first)) == ["UnitNumber"]
        call.created("/rentals/units", unit(second))
        same = {"UnitNumber": "2A", "Address": address()}
        assert call("PUT", f"/rentals/units/{made['Id']}", same).status_code == 200

    def test_a_unit_cannot_change_its_property(self, call: Caller) -> None:
        first = call.created("/rentals", rental())["Id"]
        made = call.created("/rentals/units", unit(first, UnitBedrooms="TwoBed", MarketRent=1200))
        path = f"/rentals/units/{made['Id']}"
        assert call.rejected_keys("PUT", path, unit(first)) == ["PropertyId"]
        put = call("PUT", path, {"UnitNumber": "3", "Address": address()}).json()
        assert (put["PropertyId"], put["UnitNumber"], put["UnitBedrooms"]) == (first, "3", None)

    def test_a_unit_update_keeps_its_number_unique(self, call: Caller, home: int, flat: int) -> None:
        call.created("/rentals/units", unit(home))
        assert call.rejected_keys("PUT", f"/rentals/units/{flat}", unit_update()) == ["UnitNumber"]
        put = call(
            "PUT", f"/rentals/units/{flat}", unit_update(UnitNumber="3", UnitBathrooms="OnePointFiveBath")
        ).json()
        assert (put["Id"], put["UnitNumber"], put["UnitBathrooms"]) == (flat, "3", "OnePointFiveBath")

    @pytest.mark.parametrize(
        ("changes", "key"),
        [
            ({"PropertyId": 99}, "PropertyId"),
            ({"UnitNumber": "x" * 31}, "UnitNumber"),
            ({"UnitBedrooms": "2"}, "UnitBedrooms"),
            ({"UnitBathrooms": "OneBed"}, "UnitBathrooms"),
            ({"UnitSize": 10.5}, "UnitSize"),
        ],
    )
    def test_an_invalid_unit_is_rejected(self, call: Caller, changes: dict[str, object], key: str) -> None:
        property_id = call.created("/rentals", rental())["Id"]
        assert call.rejected_keys("POST", "/rentals/units", {**unit(property_id), **changes}) == [key]


class TestPropertyStatus:
    def test_an_inactivated_property_stays_readable(self, call: Caller) -> None:
        property_id = call.created("/rentals", rental())["Id"]
        activate(call, property_id, "inactivationrequest")
        assert call("GET", f"/rentals/{property_id}").json()["IsActive"] is False
        assert [shown["Id"] for shown in call("GET", "/rentals?status=InActive").json()] == [property_id]

    def test_a_reactivated_property_is_active(self, call: Caller) -> None:
        property_id = call.created("/rentals", rental())["Id"]
        for request in ("inactivationrequest", "reactivationrequest"):
            activate(call, property_id, request)
        assert call("GET", f"/rentals/{property_id}").json()["IsActive"] is True

    def test_owners_without_another_active_property_follow_its_status(self, call: Caller) -> None:
        first, second = (call.created("/rentals", rental())["Id"] for _ in range(2))
        both = call.created("/rentals/owners", owner(first))["Id"]
        call("PUT", f"/rentals/owners/{both}", {**owner(first), "PropertyIds": [first, second]})
        only = call.created("/rentals/owners", owner(first))["Id"]

        def active() -> list[bool]:
            return [call("GET", f"/rentals/owners/{known}").json()["IsActive"] for known in (both, only)]

        activate(call, first, "inactivationrequest")
        assert active() == [True, False]
        activate(call, second, "inactivationrequest")
        assert active() == [False, False]
        activate(call, first, "reactivationrequest")
        assert active() == [True, True]

    def test_a_status_request_takes_no_body(self, call: Caller) -> None:
        property_id = call.created("/rentals", rental())["Id"]
        path = f"/rentals/{property_id}/inactivationrequest"
        assert call("POST", path, {"Id": property_id}).status_code == 400
        assert call("POST", path).status_code == 415

    def test_a_status_request_requires_an_existing_property(self, call: Caller) -> None:
        for path in ("/rentals/4711/inactivationrequest", "/rentals/owners/4711/inactivationrequest"):
            assert call("POST", path, headers=JSON).status_code == 404
