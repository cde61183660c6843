"""Bank accounts: clients' bodies, Buildium's payloads, and masked numbers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.merge import differs, merge
from buildium_sync.domain.reference_contract import NO_LINKS
from buildium_sync.entity_types.bank_account import BankAccount
from buildium_sync.entity_types.fields import countries
from buildium_sync.errors import InvalidFields, SyncBlocked
from tests.contract.document import validate_request, validate_response
from tests.contract.location import MISSING, find_document
from tests.unit.entity_types.strategies import INT32_IDS, optional, text
from tests.unit.entity_types.test_round_trips import assert_same

needs_document = pytest.mark.skipif(find_document() is None, reason=MISSING)

ACCOUNT = BankAccount()
NUMBER = "123456789"
BODY: dict[str, Any] = {
    "name": "Trust account",
    "bankAccountType": "Checking",
    "country": "US",
    "accountNumber": NUMBER,
    "routingNumber": "021000021",
}
NO_PRINTING = {
    "EnableRemoteCheckPrinting": False,
    "EnableLocalCheckPrinting": False,
    "CheckLayoutType": "Voucher2StubsPrePrintedLayout",
}
LINES = [f"{kind}InformationLine{number}" for kind in ("Bank", "Company") for number in range(1, 6)]
LAYOUTS = (
    "Voucher1StubBottomMemo1Signature",
    "Voucher2StubBottomMemo1Signature",
    "Voucher2StubBottomMemo2Signatures",
    "Voucher2StubTopMemo",
    "Voucher2StubsPrePrintedLayout",
)
NUMBERS = st.text("0123456789", min_size=8, max_size=17)
BODIES = st.fixed_dictionaries(
    {
        "name": text(127),
        "bankAccountType": st.sampled_from(["Checking", "Savings"]),
        "country": st.sampled_from(["US", "canada", "Côte d'Ivoire"]),
    },
    optional={
        "description": optional(text(100)),
        "accountNumber": optional(NUMBERS),
        "routingNumber": optional(NUMBERS),
    },
)
PRINTING = st.fixed_dictionaries(
    {
        "EnableRemoteCheckPrinting": st.booleans(),
        "EnableLocalCheckPrinting": st.booleans(),
        "CheckLayoutType": st.sampled_from(LAYOUTS),
        "SignatureHeading": optional(text(50)),
        "FractionalNumber": optional(text(50)),
        **{line: optional(text(50)) for line in LINES},
    }
)
SHOWN = st.fixed_dictionaries(
    {
        "Id": INT32_IDS,
        "Name": text(127),
        "Description": optional(text(100)),
        "BankAccountType": st.sampled_from(["Checking", "Savings"]),
        "Country": st.sampled_from(sorted(countries.BUILDIUM_NAMES)),
        "AccountNumber": st.none(),
        "AccountNumberUnmasked": st.none(),
        "RoutingNumber": optional(NUMBERS),
        "CheckPrintingInfo": PRINTING,
        "IsActive": st.booleans(),
        "Balance": st.just(12.5),
        "GLAccount": st.none(),
    }
)


def errors_of(body: dict[str, Any], current: dict[str, Any] | None = None) -> dict[str, str]:
    """The error text of each invalid field."""
    with pytest.raises(InvalidFields) as caught:
        ACCOUNT.validate(body, current)
    return {error.field: error.message for error in caught.value.errors}


def shown_account(written: Payload, mask: str = "XXXXX") -> Payload:
    """The response to a BankAccountPostMessage."""
    number = written["AccountNumber"]
    return {
        "Id": 1,
        **written,
        "AccountNumber": mask + number[-4:] if number else None,
        "AccountNumberUnmasked": number,
        "CheckPrintingInfo": {**NO_PRINTING, "SignatureHeading": "VOID AFTER 90 DAYS"},
        "IsActive": True,
        "Balance": 0.0,
    }


def synced() -> tuple[Fields, Payload]:
    """An account as stored after its create, and Buildium's response."""
    fields = ACCOUNT.validate(BODY)
    shown = shown_account(ACCOUNT.to_create(fields, NO_LINKS))
    return merged(fields, shown, fields), shown


def merged(local: Fields, shown: Payload, base: Fields) -> Fields:
    """The local fields after a merge with Buildium's response."""
    return merge(ACCOUNT, base=base, local=local, remote=ACCOUNT.from_buildium(shown, NO_LINKS)).fields


class TestPayloads:
    def test_a_bank_account_is_mapped_to_a_create_payload(self) -> None:
        assert ACCOUNT.to_create(ACCOUNT.validate(BODY), NO_LINKS) == {
            "Name": "Trust account",
            "Description": None,
            "BankAccountType": "Checking",
            "Country": "UnitedStates",
            "AccountNumber": NUMBER,
            "RoutingNumber": "021000021",
        }

    @needs_document
    @given(BODIES, SHOWN, st.booleans())
    def test_bank_account_payloads_match_the_document(self, body: dict[str, Any], shown: Payload, prints: bool) -> None:
        fields = ACCOUNT.validate(body)
        current = shown if prints else {**shown, "CheckPrintingInfo": None}
        validate_request("POST", "/v1/bankaccounts", body=ACCOUNT.to_create(fields, NO_LINKS))
        validate_request("PUT", "/v1/bankaccounts/7", body=ACCOUNT.to_update(fields, current, NO_LINKS))
        validate_response("GET", "/v1/bankaccounts/7", 200, current)


class TestValidation:
    def test_every_missing_required_field_is_named(self) -> None:
        assert set(errors_of({})) == {"name", "bankAccountType", "country"}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("bankAccountType", "checking"),
            ("bankAccountType", None),
            ("country", "Mars"),
            ("accountNumber", "*****6789"),
            ("accountNumber", "XXXXX6789"),
            ("accountNumber", "xxxxx6789"),
            ("accountNumber", "•••6789"),
            ("accountNumber", "****"),
            ("accountNumber", 123456789),
            ("accountNumber", "none"),
            ("routingNumber", "*****0021"),
            ("accountNumberEnding", "6789"),
            ("status", "Inactive"),
            ("_accountNumberReplaces", "6789"),
            ("checkPrintingInfo", {}),
        ],
    )
    def test_only_the_invalid_field_is_named(self, field: str, value: Any) -> None:
        assert set(errors_of({**BODY, field: value})) == {field}

    @pytest.mark.parametrize("number", ["1", "GB82 WEST 1234 5698 7654 32", "12-345-678", "DE89370400440532013000"])
    def test_account_numbers_of_other_countries_are_accepted(self, number: str) -> None:
        assert ACCOUNT.validate({**BODY, "accountNumber": number})["accountNumber"] == number

    def test_an_invalid_account_number_is_not_repeated_in_the_error(self) -> None:
        assert "6789" not in json.dumps(errors_of({**BODY, "accountNumber": "*****6789"}))


class TestMaskedResponses:
    def test_api_responses_mask_the_account_number(self) -> None:
        fields, _ = synced()
        shown = ACCOUNT.to_response("b1", fields, {})
        assert (shown["accountNumber"], shown["accountNumberEnding"]) == ("****6789", "6789")
        assert NUMBER not in json.dumps(shown)
        assert not [name for name in shown if name.startswith("_")]

    def test_a_short_account_number_is_masked_completely(self) -> None:
        assert (
            ACCOUNT.to_response("b1", ACCOUNT.validate({**BODY, "accountNumber": "12345"}), {})["accountNumber"]
            == "****"
        )

    def test_an_api_response_is_accepted_as_an_update(self) -> None:
        fields, _ = synced()
        assert ACCOUNT.validate(ACCOUNT.to_response("b1", fields, {}), fields) == fields

    def test_a_response_of_an_imported_account_is_accepted_as_update(self) -> None:
        _, shown = synced()
        imported = ACCOUNT.validate({}, ACCOUNT.from_buildium(shown, NO_LINKS))
        assert ACCOUNT.validate(ACCOUNT.to_response("b1", imported, {}), imported) == imported

    def test_a_different_masked_account_number_is_rejected(self) -> None:
        fields, _ = synced()
        assert set(errors_of({"accountNumber": "****6788"}, fields)) == {"accountNumber"}


class TestBuildiumsAccountNumber:
    @pytest.mark.parametrize("mask", ["XXXXX", "X", "*****", "•", "**** **** ", "----"])
    def test_a_masked_buildium_number_is_neither_stored_nor_written(self, mask: str) -> None:
        fields = ACCOUNT.validate(BODY)
        shown = shown_account(ACCOUNT.to_create(fields, NO_LINKS), mask)
        remote = ACCOUNT.from_buildium(shown, NO_LINKS)
        assert "accountNumber" not in remote
        assert remote["accountNumberEnding"] == "6789"
        renamed = {**merged(fields, shown, fields), "name": "Escrow"}
        assert ACCOUNT.to_update(renamed, shown, NO_LINKS)["AccountNumber"] == NUMBER

    def test_buildiums_unmasked_number_is_not_stored(self) -> None:
        fields, shown = synced()
        secret = {**shown, "AccountNumberUnmasked": "987654321"}
        assert "98765" not in json.dumps(ACCOUNT.from_buildium(secret, NO_LINKS))
        assert "98765" not in json.dumps(ACCOUNT.to_update(fields, secret, NO_LINKS))

    def test_an_update_repeats_a_number_stored_only_in_buildium(self) -> None:
        _, shown = synced()
        imported = ACCOUNT.from_buildium(shown, NO_LINKS)
        renamed = ACCOUNT.validate({"name": "Escrow"}, imported)
        assert ACCOUNT.to_update(renamed, shown, NO_LINKS)["AccountNumber"] == shown["AccountNumberUnmasked"]

    @pytest.mark.parametrize("unmasked", [None, "", "XXXXX6789", "X6789", "----6789"])
    def test_an_update_that_would_erase_an_unknown_number_is_blocked(
        self,
        unmasked: str | None,
    ) -> None:
        _, shown = synced()
        shown = {**shown, "AccountNumberUnmasked": unmasked}
        imported = ACCOUNT.from_buildium(shown, NO_LINKS)
        renamed = ACCOUNT.validate({"name": "Escrow"}, imported)
        with pytest.raises(SyncBlocked, match="Set accountNumber"):
            ACCOUNT.to_update(renamed, shown, NO_LINKS)
        given_number = ACCOUNT.validate({"accountNumber": NUMBER}, renamed)
        assert ACCOUNT.to_update(given_number, shown, NO_LINKS)["AccountNumber"] == NUMBER

    @pytest.mark.parametrize("number", ["999999999", "999996789"])
    def test_a_new_account_number_with_the_same_ending_is_written(self, number: str) -> None:
        before, shown = synced()
        local = ACCOUNT.validate({"accountNumber": number}, before)
        remote = ACCOUNT.from_buildium(shown, NO_LINKS)
        after = merged(local, shown, before)
        assert differs(ACCOUNT, {**before, **remote}, after)
        assert ACCOUNT.to_update(after, shown, NO_LINKS)["AccountNumber"] == number

    def test_a_number_changed_in_buildium_is_not_overwritten(self) -> None:
        before, shown = synced()
        shown = {**shown, "AccountNumber": "XXXXX4321", "AccountNumberUnmasked": "987654321"}
        local = ACCOUNT.validate({"name": "Escrow"}, before)
        after = merged(local, shown, before)
        assert after["accountNumberEnding"] == "4321"
        assert ACCOUNT.to_update(after, shown, NO_LINKS)["AccountNumber"] == "987654321"

    @pytest.mark.parametrize(
        ("base", "local", "ending"),
        [
            ("111122226789", "111122226789", "4321"),
            ("111122226789", "333344440050", "4321"),
            ("111122226789", None, "4321"),
            (None, "333344440050", "4321"),
            ("DE0000A", "333344440050", "4321"),
            ("111122226789", "DE0000A", "4321"),
        ],
    )
    def test_an_unmatched_ending_means_an_unknown_number(
        self, base: str | None, local: str | None, ending: str
    ) -> None:
        shown = {"accountNumberEnding": ending}

        read = ACCOUNT.with_hidden_values(shown, base={"accountNumber": base}, local={"accountNumber": local})

        assert (read["accountNumber"], read["accountNumberEnding"]) == (None, ending)

    @pytest.mark.parametrize("ending", ["6789", "789", "56789", "0050", None])
    def test_a_matching_ending_means_an_unchanged_number(self, ending: str | None) -> None:
        shown = {"accountNumberEnding": ending}
        sides = {"base": {"accountNumber": "123456789"}, "local": {"accountNumber": "333344440050"}}

        assert ACCOUNT.with_hidden_values(shown, **sides) == shown

    @pytest.mark.parametrize("ending", ["8899", "0050"])
    def test_the_ending_replaced_by_a_first_number_means_no_change(self, ending: str) -> None:
        shown = {"accountNumberEnding": ending}
        local = ACCOUNT.validate({**BODY, "accountNumber": "333344440050"})
        local = {**local, "_accountNumberReplaces": "8899"}

        assert ACCOUNT.with_hidden_values(shown, base={}, local=local) == shown

    def test_a_number_stored_on_neither_side_stays_unknown(self) -> None:
        shown = {"accountNumberEnding": "4321"}

        assert ACCOUNT.with_hidden_values(shown, base={"accountNumberEnding": "8899"}, local={}) == shown

    def test_a_number_not_stored_locally_is_shown_by_its_ending(self) -> None:
        before, shown = synced()
        after = merged(before, {**shown, "AccountNumber": "XXXXX4321"}, before)

        represented = ACCOUNT.to_response("b1", after, {})

        assert (represented["accountNumber"], represented["accountNumberEnding"]) == ("****4321", "4321")
        assert ACCOUNT.validate(represented, after) == after

    def test_setting_the_local_number_again_replaces_buildiums_number(self) -> None:
        before, shown = synced()
        shown = {**shown, "AccountNumber": "XXXXX4321"}
        known = merged(before, shown, before)
        again = ACCOUNT.validate({"accountNumber": NUMBER}, known)
        assert again != known
        assert ACCOUNT.to_update(again, shown, NO_LINKS)["AccountNumber"] == NUMBER

    def test_an_account_number_removed_in_buildium_is_removed_locally(self) -> None:
        before, shown = synced()
        after = merged(before, {**shown, "AccountNumber": ""}, before)
        assert (after["accountNumber"], after["accountNumberEnding"]) == (None, None)

    def test_a_masked_routing_number_is_treated_like_the_account_number(self) -> None:
        before, shown = synced()
        shown = {**shown, "RoutingNumber": "*****0021"}
        assert "routingNumber" not in ACCOUNT.from_buildium(shown, NO_LINKS)
        assert ACCOUNT.to_update(before, shown, NO_LINKS)["RoutingNumber"] == "021000021"
        with pytest.raises(SyncBlocked, match="Set routingNumber"):
            ACCOUNT.to_update({**before, "routingNumber": None}, shown, NO_LINKS)


class TestCheckPrinting:
    def test_an_update_repeats_buildiums_check_printing_settings(self) -> None:
        fields, shown = synced()
        printing = {**NO_PRINTING, "EnableLocalCheckPrinting": True, "CompanyInformationLine1": "Us", "Novelty": 1}
        written = ACCOUNT.to_update(fields, {**shown, "CheckPrintingInfo": printing}, NO_LINKS)["CheckPrintingInfo"]
        assert (written["EnableLocalCheckPrinting"], written["CompanyInformationLine1"]) == (True, "Us")
        assert "Novelty" not in written

    @pytest.mark.parametrize(
        "shown", [{}, {"CheckPrintingInfo": None}, {"CheckPrintingInfo": {"CheckLayoutType": None}}]
    )
    def test_an_update_without_check_printing_in_buildium_prints_nothing(self, shown: Payload) -> None:
        written = ACCOUNT.to_update(ACCOUNT.validate(BODY), shown, NO_LINKS)["CheckPrintingInfo"]
        assert {name: written[name] for name in NO_PRINTING} == NO_PRINTING


class TestBuildiumBankAccounts:
    def test_bank_accounts_have_no_updated_since_filter(self) -> None:
        assert ACCOUNT.updated_since_param is None

    def test_a_sparse_buildium_bank_account_is_read(self) -> None:
        fields = ACCOUNT.from_buildium({"Id": 7, "IsActive": False}, NO_LINKS)
        assert (fields["status"], fields["country"], fields["accountNumber"]) == ("Inactive", None, None)

    @given(BODIES)
    def test_a_bank_account_round_trip_keeps_its_fields(self, body: dict[str, Any]) -> None:
        fields = ACCOUNT.validate(body)
        shown = shown_account(ACCOUNT.to_create(fields, NO_LINKS))
        remote = ACCOUNT.from_buildium(shown, NO_LINKS)
        ending = remote.pop("accountNumberEnding")
        assert ending == (fields["accountNumber"] or "")[-4:] or (ending, fields["accountNumber"]) == (None, None)
        assert_same(ACCOUNT, fields, remote)
        assert ACCOUNT.is_match(shown, ACCOUNT.natural_key(fields, NO_LINKS))

    @given(SHOWN)
    def test_an_update_of_a_bank_account_keeps_buildiums_values(self, shown: Payload) -> None:
        written = ACCOUNT.to_update(ACCOUNT.from_buildium(shown, NO_LINKS), shown, NO_LINKS)
        assert written == {key: shown[key] for key in written}


class TestNaturalKey:
    def test_a_natural_key_contains_no_full_account_number(self) -> None:
        key = json.dumps(ACCOUNT.natural_key(ACCOUNT.validate(BODY), NO_LINKS))
        assert "6789" in key
        assert NUMBER not in key

    @pytest.mark.parametrize(
        "change",
        [
            {"name": "trust account"},
            {"name": "Trust account 2"},
            {"bankAccountType": "Savings"},
            {"country": "CA"},
            {"accountNumber": "123456780"},
        ],
    )
    def test_an_account_with_a_different_natural_key_is_no_match(self, change: dict[str, Any]) -> None:
        key = json.loads(json.dumps(ACCOUNT.natural_key(ACCOUNT.validate(BODY), NO_LINKS)))
        made = ACCOUNT.to_create(ACCOUNT.validate(BODY), NO_LINKS)
        other = ACCOUNT.to_create(ACCOUNT.validate({**BODY, **change}), NO_LINKS)
        assert ACCOUNT.is_match(shown_account(made), key)
        assert not ACCOUNT.is_match(shown_account(other), key)

    @pytest.mark.parametrize("shown", [None, "****", "XXXXXX789", "XXX56789"])
    def test_account_numbers_match_by_the_digits_that_buildium_shows(self, shown: str | None) -> None:
        key = ACCOUNT.natural_key(ACCOUNT.validate(BODY), NO_LINKS)
        message = shown_account(ACCOUNT.to_create(ACCOUNT.validate(BODY), NO_LINKS))
        assert ACCOUNT.is_match({**message, "AccountNumber": shown}, key)
