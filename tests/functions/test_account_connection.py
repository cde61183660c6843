"""The connection check names each misconfiguration with its remedy, before anything is written to Buildium."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from buildium_sync.composition.runtime import runtime

import pytest

from buildium_sync.buildium.circuit_breaker import CircuitBreakers
from buildium_sync.clock import format_iso
from buildium_sync.errors import CredentialsRejected
from buildium_sync.store.events import EventStore
from buildium_sync.store.webhook_rejections import RejectionStore
from tests.aws import CONTROL, EVENTS
from tests.functions.account import Account, deployed_account
from tests.simulator import Simulator
from tests.simulator.payloads import address

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONNECTION = "/api/buildium/connection"
Change = Callable[[Account], None]


@pytest.fixture
def account(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with Simulator(rate_limit=0) as buildium, deployed_account(dynamodb, buildium, monkeypatch) as account:
        receive_event(account, runtime.clock())
        yield account


def receive_event(account: Account, at: float) -> None:
    store = EventStore(account.dynamodb, EVENTS)
    store.store([{"eventId": f"event-{at}", "receivedAt": format_iso(at), "payload": {}, "ids": {}}])


def findings(account: Account) -> dict[str, dict[str, str]]:
    """Run the check and return its results by name."""
    status, body = account.get(CONNECTION)
    assert status == 200
    assert len(account.calls) <= body["calls"] <= 20
    assert all(call.startswith("GET ") for call in account.calls)
    assert body["ready"] is all(check["status"] != "failed" for check in body["checks"])
    return {check["name"]: check for check in body["checks"]}


def problems(account: Account) -> set[tuple[str, str]]:
    """The names and statuses of the checks that are not ok."""
    return {(name, check["status"]) for name, check in findings(account).items() if check["status"] != "ok"}


def wrong_key(account: Account) -> None:
    account.use_key("of-another-account")


def empty_key(account: Account) -> None:
    account.use_key("")


def quoted_key(account: Account) -> None:
    account.use_key(f'"{account.buildium.api_key}"')


def unreadable_secret(account: Account) -> None:
    account.secret.text = "not JSON"


def address_without_version(account: Account) -> None:
    account.buildium.fault("status", "GET", "*", status=404, times=None)


def unused_port(account: Account) -> None:
    account.set(BUILDIUM_BASE_URL="http://127.0.0.1:9/v1")


def redirect(account: Account) -> None:
    account.buildium.fault("status", "GET", "*", status=301, times=None)


def forbidden(path: str) -> Change:
    return lambda account: account.buildium.fault("status", "GET", path, status=403, times=None)


def two_bank_accounts(account: Account) -> None:
    account.buildium.create("bankaccounts", {"Name": "Trust"})


def no_staff(account: Account) -> None:
    account.buildium.edit("users", 201, {"IsActive": False})


def setting(**settings: str) -> Change:
    return lambda account: account.set(**settings)


def rejected_webhooks(account: Account) -> None:
    RejectionStore(account.dynamodb, CONTROL).add(1, format_iso(runtime.clock()))


def clock_ahead(account: Account) -> None:
    account.patch.setattr(runtime, "clock", lambda now=runtime.clock: now() + 300)


def other_integration(account: Account) -> None:
    account.buildium.fault("status", "GET", "/rentals", status=429, times=2)


def rejected_write(account: Account) -> None:
    circuits = CircuitBreakers(account.dynamodb, CONTROL, clock=runtime.clock, probe=1.0)
    names = ("outage", "address", "key", "WRITE /rentals")
    circuits.before_call(names)
    for _ in range(3):
        circuits.after_call(names, CredentialsRejected("Buildium returned 403: Forbidden", status=403))


MISCONFIGURATIONS: dict[str, tuple[Change, str, str, str]] = {
    "a key of another account": (wrong_key, "key", "failed", "sandbox"),
    "an empty key": (empty_key, "key", "failed", "BUILDIUM_API_KEY"),
    "a key in quotes": (quoted_key, "key", "failed", "without quotes"),
    "a secret that is not JSON": (unreadable_secret, "secret", "failed", "Secrets Manager"),
    "an address without a version": (address_without_version, "address", "failed", "/v1"),
    "an address without a server": (unused_port, "address", "failed", "BUILDIUM_BASE_URL"),
    "an address that redirects": (redirect, "address", "failed", "https://api.buildium.com/v1"),
    "a key without any permission": (forbidden("*"), "key", "failed", "Open API"),
    "no permission to view properties": (forbidden("/rentals"), "read:property", "failed", "view"),
    "no permission to view users": (forbidden("/users"), "read:/users", "failed", "view"),
    "no permission to edit properties": (rejected_write, "write:/rentals", "failed", "edit"),
    "two bank accounts and no default": (
        two_bank_accounts,
        "default:operatingBankAccountId",
        "warning",
        "BUILDIUM_OPERATING_BANK_ACCOUNT_ID",
    ),
    "no staff user": (no_staff, "default:assignedToUserId", "warning", "assignedToUserId"),
    "a default of another account": (
        setting(BUILDIUM_GL_ACCOUNT_ID="999"),
        "default:glAccountId",
        "failed",
        "BUILDIUM_GL_ACCOUNT_ID",
    ),
    "a property of another account": (
        setting(BUILDIUM_PROPERTY_IDS="998,999"),
        "scope",
        "failed",
        "BUILDIUM_PROPERTY_IDS",
    ),
    "no webhook secret": (setting(HAS_WEBHOOK_SECRET="false"), "webhook_secret", "failed", "BUILDIUM_WEBHOOK_SECRET"),
    "another webhook secret": (rejected_webhooks, "webhook_secret", "failed", "BUILDIUM_WEBHOOK_SECRET"),
    "sync that is off": (setting(BUILDIUM_SYNC_ENABLED="false"), "sync", "warning", "BUILDIUM_SYNC_ENABLED"),
    "polls that are off": (setting(BUILDIUM_POLL_SECONDS="0"), "polls", "warning", "BUILDIUM_POLL_SECONDS"),
    "types without a page": (setting(BUILDIUM_APP_URL="https://a.example"), "pages", "warning", "BUILDIUM_PAGE_PATHS"),
    "a clock that is wrong": (clock_ahead, "clock", "warning", "clock"),
    "a rate above Buildium's": (setting(BUILDIUM_RATE_LIMIT="50"), "rate_limit", "warning", "BUILDIUM_RATE_LIMIT"),
    "another integration": (other_integration, "other_users", "warning", "BUILDIUM_RATE_LIMIT"),
}


@pytest.mark.parametrize("case", MISCONFIGURATIONS)
def test_a_misconfiguration_is_named_with_its_remedy(account: Account, case: str) -> None:
    misconfigure, name, status, remedy = MISCONFIGURATIONS[case]
    misconfigure(account)
    found = findings(account)
    assert found[name]["status"] == status, found[name]
    assert remedy in found[name]["remedy"]
    others = {other for other, check in found.items() if check["status"] != "ok"} - {name, "write"}
    assert case == "a key without any permission" or not others


def test_the_check_names_the_listed_properties_that_buildium_lacks(account: Account) -> None:
    number = account.buildium.create("rentals", {"Name": "Elm", "Address": address()})["Id"]
    setting(BUILDIUM_PROPERTY_IDS=f"{number},998,999")(account)
    assert findings(account)["scope"]["detail"].endswith("not properties of this account: 998, 999.")

    account.buildium.clear_requests()
    setting(BUILDIUM_PROPERTY_IDS=str(number))(account)
    assert findings(account)["scope"]["status"] == "ok"


def test_an_unlimited_stack_has_no_check_of_its_properties(account: Account) -> None:
    assert "scope" not in findings(account)


def test_the_check_names_the_types_without_a_page(account: Account) -> None:
    setting(BUILDIUM_APP_URL="https://a.example", BUILDIUM_PAGE_PATHS="bill=/bills/{id},owner=/owners/{id}")(account)
    assert findings(account)["pages"]["detail"].endswith("for these types: property, vendor, tenant.")

    account.buildium.clear_requests()
    paths = ",".join(f"{name}=/{name}/{{id}}" for name in ("property", "owner", "vendor", "bill", "tenant"))
    setting(BUILDIUM_PAGE_PATHS=paths)(account)
    assert findings(account)["pages"]["status"] == "ok"


def test_without_an_address_pages_are_not_checked(account: Account) -> None:
    assert "pages" not in findings(account)


def test_a_long_list_of_properties_is_read_in_parts(account: Account) -> None:
    setting(BUILDIUM_PROPERTY_IDS=",".join(map(str, range(5001, 5102))))(account)
    assert "5101" in findings(account)["scope"]["detail"]
    assert account.calls.count("GET /v1/rentals") == 3


@pytest.mark.parametrize(
    ("url", "status", "detail"),
    [
        ("https://api.buildium.com/v1", "ok", "live account"),
        ("https://apisandbox.buildium.com/v1", "ok", "sandbox"),
        ("https://api.buildium.com", "failed", "/v1"),
        ("https://buildium.example/v1", "warning", "neither"),
    ],
)
def test_the_address_shows_the_kind_of_account(account: Account, url: str, status: str, detail: str) -> None:
    empty_key(account)
    account.set(BUILDIUM_BASE_URL=url)
    found = findings(account)["account"]
    assert found["status"] == status
    assert detail in found["detail"]


def test_a_ready_connection_has_one_unknown(account: Account) -> None:
    assert problems(account) == {("write", "warning")}


def test_the_choices_of_a_missing_default_are_listed(account: Account) -> None:
    two_bank_accounts(account)
    detail = findings(account)["default:operatingBankAccountId"]["detail"]
    assert "1 (Operating account), 2 (Trust)" in detail


def test_a_configured_default_is_found(account: Account) -> None:
    two_bank_accounts(account)
    account.set(BUILDIUM_OPERATING_BANK_ACCOUNT_ID="2")
    found = findings(account)["default:operatingBankAccountId"]
    assert (found["status"], found["detail"]) == ("ok", "2 (Trust), set by BUILDIUM_OPERATING_BANK_ACCOUNT_ID.")


def test_an_account_with_a_lease_needs_few_calls(account: Account) -> None:
    account.buildium.create("leases", {})
    found = findings(account)
    assert "/leases/" in found["read:lease-charge, lease-payment, lease-credit, lease-payment-reversal"]["detail"]


def test_a_busy_account_is_read_within_twenty_calls(account: Account) -> None:
    account.buildium.fault("status", "GET", "*", status=429, times=7)
    found = findings(account)
    assert "reads" in found or found["rate_limit"]["status"] == "failed"


def test_no_event_for_long_is_a_warning(account: Account) -> None:
    account.patch.setattr(runtime, "clock", lambda now=runtime.clock: now() + 8 * 86_400)
    assert findings(account)["webhook_events"]["status"] == "warning"


def test_a_corrected_key_ends_the_pause_of_calls(account: Account) -> None:
    circuits = CircuitBreakers(account.dynamodb, CONTROL, clock=runtime.clock, probe=1.0)
    key = account.buildium.api_key
    account.use_key("wrong")
    findings(account)
    assert "key" in circuits.open_circuits()
    account.buildium.clear_requests()
    account.use_key(key)
    assert problems(account) == {("write", "warning")}
    assert circuits.open_circuits() == {}


def test_no_finding_shows_a_secret(account: Account) -> None:
    account.use_key("canary-key")
    _, body = account.get(CONNECTION)
    assert "canary-key" not in json.dumps(body)


def test_the_check_has_no_query_parameters(account: Account) -> None:
    status, body = account.get(CONNECTION, colour="red")
    assert (status, body["errors"][0]["field"]) == (400, "colour")
