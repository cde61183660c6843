"""One day of the whole system: no secret leaks, and every AWS call is allowed by its role."""

import io
import json
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from moto import mock_aws

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.event_status import EventStatus
from buildium_sync.entity_types.registry import by_name
from buildium_sync.observability import logger
from buildium_sync.outbound import sync_batch
from buildium_sync.reconcile.erasure import worker
from tests.aws import ACTIVITY, ENTITIES, create_tables
from tests.flows.app_webhook import change_event
from tests.flows.system import OWNER, PROPERTY, TENANT
from tests.functions.harness import APP_SECRET, WEBHOOK_SECRET, Call, Harness, deployed_system
from tests.harness.receiver import receiver
from tests.harness.rounds import rounds_while
from tests.simulator import Simulator
from tests.template.template import functions, listed, statements, target
from tools.local_cloud.template import logical_name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

API_KEY = "canary-api-" + "4Kd8Wp2X"
CLIENT_KEY = "canary-client-" + "6Hn3Vb5C"
OUR_NUMBER, NEW_NUMBER, ROUTING = "770011223344", "770055667788", "021000021"
THEIR_NUMBER, TAX_ID = "880099887766", "987-65-4321"
TENANT_TAX_ID, OTHER_TAX_ID, BIRTH_DATE = "912-34-5678", "913-45-6789", "1971-03-17"
CANARIES = (
    *(API_KEY, CLIENT_KEY, WEBHOOK_SECRET, APP_SECRET, OUR_NUMBER, NEW_NUMBER, ROUTING, THEIR_NUMBER, TAX_ID),
    *(TENANT_TAX_ID, OTHER_TAX_ID, BIRTH_DATE),
)
ACCOUNT = {"name": "Trust", "bankAccountType": "Checking", "country": "US"}


class Day(NamedTuple):
    """What the functions called on this day, and what they wrote: texts by place."""

    calls: set[Call]
    texts: dict[str, str]


@pytest.fixture(scope="module")
def day(dynamodb_client: "DynamoDBClient") -> Day:
    log, metrics = io.StringIO(), io.StringIO()
    with (
        mock_aws(),
        pytest.MonkeyPatch.context() as patch,
        Simulator(rate_limit=0, api_key=API_KEY) as buildium,
        redirect_stdout(metrics),
    ):
        create_tables(dynamodb_client)
        patch.setattr(logger.logger_handler, "stream", log)
        # Slow calls are tested in test_slow_calls; on a slow machine none may count as one here.
        patch.setattr(sync_batch, "_SLOW_SECONDS", 3600.0)
        patch.setattr(worker, "SETTLING_SECONDS", 1)
        with deployed_system(dynamodb_client, buildium, patch) as system:
            live(system)
            texts = {
                "log": log.getvalue(),
                "metrics": metrics.getvalue(),
                "messages and events": "\n".join(system.sent),
                "history, conflicts and keys": "\n".join(remembered(dynamodb_client)),
                "failed calls": "\n".join(failed_calls(dynamodb_client)),
            }
            return Day(system.calls, texts)


def live(system: Harness) -> None:
    """Run every flow, with a number or a secret in every possible place."""
    account = keep(system, "bank-account", {**ACCOUNT, "accountNumber": OUR_NUMBER, "routingNumber": ROUTING})
    bank = buildium_id(system, account)
    owned = keep(system, "property", {**PROPERTY, "operatingBankAccountId": bank})
    owner = keep(system, "owner", {**OWNER, "propertyIds": [owned.entity_id]})
    system.buildium.edit("owners", buildium_id(system, owner), {"TaxInformation": {"TaxPayerId": TAX_ID}})
    edited = {"AccountNumberUnmasked": THEIR_NUMBER, "Name": "Theirs"}
    system.buildium.edit("bankaccounts", buildium_id(system, account), edited)
    put(system, account, {"name": "Ours", "accountNumber": NEW_NUMBER})
    put(system, owner, {"lastName": "Roe"})
    rent_out(system)
    event = {"EventDateTime": "2026-11-22T13:59:46.2317653Z", "AccountId": 1}
    sent = {**event, "EventName": "BankAccount.Updated", "BankAccountId": buildium_id(system, account)}
    assert system.webhook(sent) == 200
    assert system.webhook(sent, secret="another") == 401
    batch = {"Id": "1", "EventType": "OwnerUpdated", "EntityType": "Owner", "EntityDate": "2026-11-22"}
    data = {"TaxPayerId": TAX_ID, "AccountNumber": THEIR_NUMBER}
    system.webhook({"Events": [{**batch, "EntityId": buildium_id(system, owner), "Data": data}]})
    system.process()
    system.buildium.edit("rentals", buildium_id(system, owned), {"Name": "Renamed there"})
    later = {**event, "EventDateTime": f"{datetime.now(UTC) + timedelta(minutes=2):%Y-%m-%dT%H:%M:%S.%f}7Z"}
    system.webhook({**later, "EventName": "Rental.Updated", "PropertyId": buildium_id(system, owned)})
    system.process()
    reject(system, account)
    house = wait(system)
    look(system, account)
    system.ask("POST", "/api/buildium/import", {}, headers={"x-api-key": CLIENT_KEY})
    settle(system)
    for path, body in {"/api/buildium/drift": {}, "/api/buildium/drift/repair": {"dryRun": False}}.items():
        assert system.ask("POST", path, body=body).status == 202
        settle(system)
    assert system.ask("GET", "/api/buildium/drift").status == 200
    assert system.ask("POST", f"/api/buildium/drift/bank-account/{account.entity_id}").status == 202
    settle(system)
    for case in ("create", "failure", "edit-in-buildium"):
        system.observe(case)
    for case in ("reference", "connection"):
        system.read_account(case)
    reject_the_key(system, account)
    notify(system)
    erase(system, house)


def erase(system: Harness, ref: EntityRef) -> None:
    """Erase an entity that has a failed call."""
    path = f"/api/properties/{ref.entity_id}/erasure"
    assert system.ask("POST", path).status == 202
    system.run_pending_jobs()
    system.record(ref)
    time.sleep(worker.SETTLING_SECONDS)
    system.run_pending_jobs()
    assert system.ask("GET", path).body["erasure"]["status"] == "done"


def notify(system: Harness) -> None:
    """Send change events to a receiver that fails, wants no events, works again, and gets an invalid event."""
    system.deliver(change_event(1), {"id": "", "type": "", "at": ""})
    with receiver(APP_SECRET, behave=lambda number: 410 if number == 0 else 204) as server:
        system.receive_at(server.url)
        system.deliver(change_event(2))
        system.deliver(change_event(3))
        system.send_test_event()
        system.deliver(change_event(4))
    assert server.ids >= {"event-4"}


def rent_out(system: Harness) -> None:
    """Put a tenant with secrets on a lease. Both sides change them, and Buildium quotes them in an error."""
    place = {name: PROPERTY[name] for name in ("addressLine1", "city", "state", "postalCode", "country")}
    rented = create(system, "property", {**PROPERTY, "name": "Rented", "operatingBankAccountId": 1}, "key-rented")
    system.sync(rented)
    unit = keep(system, "unit", {**place, "propertyId": rented.entity_id, "unitNumber": "2A"})
    terms = {"leaseType": "AtWill", "leaseFromDate": "2020-01-01", "unitId": unit.entity_id}
    home = keep(system, "lease", terms)
    secrets = {"taxId": TENANT_TAX_ID, "dateOfBirth": BIRTH_DATE}
    tenant = keep(system, "tenant", {**TENANT, **secrets, "leaseId": home.entity_id})
    number = buildium_id(system, tenant)
    system.buildium.edit("tenants", number, {"TaxId": OTHER_TAX_ID, "DateOfBirth": "1972-03-17"})
    quoted = {"UserMessage": f"{TENANT_TAX_ID} and {BIRTH_DATE} are in use"}
    system.buildium.fault("status", "PUT", f"/leases/tenants/{number}", status=422, body=quoted)
    put(system, tenant, {"taxId": "914-56-7890", "dateOfBirth": "1973-03-17"})
    put(system, tenant, secrets)
    event = {"EventName": "LeaseTenant.Updated", "EventDateTime": "2026-11-22T13:59:48.2317653Z", "AccountId": 1}
    system.webhook({**event, "TenantId": number, "Data": {"TaxId": OTHER_TAX_ID, "DateOfBirth": BIRTH_DATE}})
    system.process()
    for path in (f"/api/tenants/{tenant.entity_id}", f"/api/tenants/{tenant.entity_id}/history", "/api/tenants"):
        text = system.ask("GET", path).text
        assert TENANT_TAX_ID not in text
        assert OTHER_TAX_ID not in text
    system.ask("POST", "/api/tenants", {**TENANT, "taxId": f"{TENANT_TAX_ID}0", "dateOfBirth": [BIRTH_DATE]})


def settle(system: Harness) -> None:
    """Run the schedule and its jobs until no job is left."""
    system.reconcile()
    for _ in rounds_while(system.run_pending_jobs):
        pass


def create(system: Harness, entity_type: str, body: dict[str, Any], key: str) -> EntityRef:
    """Create an entity, twice."""
    collection = by_name(entity_type).collection
    headers = {"x-api-key": CLIENT_KEY, "Idempotency-Key": key, "Prefer": "respond-async"}
    for _ in range(2):
        response = system.ask("POST", f"/api/{collection}", body, headers=headers)
        assert response.status == 201, response.text
    shown = next((part for part in response.body.values() if isinstance(part, dict) and "id" in part), response.body)
    return EntityRef(entity_type, shown["id"])


def keep(system: Harness, entity_type: str, body: dict[str, Any]) -> EntityRef:
    """Create an entity and sync it."""
    ref = create(system, entity_type, body, f"key-{entity_type}")
    system.sync(ref)
    return ref


def put(system: Harness, ref: EntityRef, body: dict[str, Any]) -> None:
    response = system.ask("PUT", f"/api/{ref.entity_type}s/{ref.entity_id}", body, headers={"Prefer": "respond-async"})
    assert response.status == 200, response.text
    system.sync(ref)


def buildium_id(system: Harness, ref: EntityRef) -> int:
    found = system.api.sync_of(ref).buildium_id
    assert found is not None, system.api.sync_of(ref)
    return found


def reject(system: Harness, ref: EntityRef) -> None:
    """Let Buildium reject a write, then be down."""
    path = f"/bankaccounts/{buildium_id(system, ref)}"
    system.buildium.fault("status", "PUT", path, status=422)
    put(system, ref, {"description": "One"})
    system.ask("POST", "/api/buildium/sync", {})
    system.buildium.fault("status", "GET", path, status=503)
    put(system, ref, {"description": "Not during an outage"})
    system.retry()


def reject_the_key(system: Harness, ref: EntityRef) -> None:
    """Let Buildium reject the key, which stops all calls for a while."""
    system.buildium.fault("status", "GET", f"/bankaccounts/{buildium_id(system, ref)}", status=401, times=2)
    put(system, ref, {"description": "Not with this key"})
    system.reconcile()


def wait(system: Harness) -> EntityRef:
    """Let an owner wait for its property, whose create is lost while its webhook arrives. Return the property."""
    house = create(system, "property", {**PROPERTY, "name": "Elm House", "operatingBankAccountId": 1}, "key-waits")
    owner = create(system, "owner", {**OWNER, "lastName": "Waits", "propertyIds": [house.entity_id]}, "key-waits")
    system.sync(owner)
    system.buildium.fault("reset_after", "POST", "/rentals")
    system.sync(house)
    made = max(rental["Id"] for rental in system.buildium.state()["rentals"])
    event = {"EventName": "Rental.Created", "EventDateTime": "2026-11-22T13:59:47.2317653Z", "AccountId": 1}
    system.webhook({**event, "PropertyId": made})
    system.process()
    return house


def look(system: Harness, ref: EntityRef) -> None:
    """Read everything that the API returns."""
    path = f"/api/bank-accounts/{ref.entity_id}"
    for each in (path, f"{path}/history", "/api/bank-accounts", "/api/buildium/sync", "/api/buildium/events"):
        assert system.ask("GET", each, headers={"x-api-key": CLIENT_KEY}).status == 200
    stored, _ = system.api.events.by_status(EventStatus.PROCESSED, limit=1)
    assert system.ask("POST", f"/api/buildium/events/{stored[0]['eventId']}/retry").status == 202
    system.ask("GET", "/api/buildium/import")
    assert system.ask("GET", "/api/buildium/overview").status == 200
    entity = {"entityType": ref.entity_type, "entityId": ref.entity_id}
    assert system.ask("GET", "/api/buildium/timeline", query=entity).status == 200
    assert system.ask("GET", "/api/changes").status == 200
    system.ask("POST", "/api/bank-accounts", {**ACCOUNT, "accountNumber": [OUR_NUMBER]})


def remembered(dynamodb: "DynamoDBClient") -> Iterator[str]:
    """The stored items that are not entities."""
    for item in dynamodb.scan(TableName=ENTITIES)["Items"]:
        if item["pk"]["S"].startswith(("history#", "idempotency#")):
            yield json.dumps(item)
        if "conflicts" in item:
            yield json.dumps(item["conflicts"])


def failed_calls(dynamodb: "DynamoDBClient") -> Iterator[str]:
    """The stored requests and responses of failed calls."""
    items = dynamodb.scan(TableName=ACTIVITY)["Items"]
    yield from (json.dumps(item) for item in items if item["pk"]["S"].startswith("failed-calls"))


QUEUES = {
    "SyncRetryQueue": "retry",
    "SyncDeadLetterQueue": "dead-letters",
    "EventQueue": "process",
    "JobQueue": "reconcile",
    "EventDeadLetterQueue": "event_dead_letter_queue",
    "ScheduleFailureQueue": "schedule_failure_queue",
    "JobDeadLetterQueue": "job_dead_letter_queue",
    "TimelineDeadLetterQueue": "timeline_dead_letter_queue",
    "AppWebhookQueue": "app-webhook",
    "AppWebhookDeadLetterQueue": "app_webhook_dead_letter_queue",
}


def granted(function: str) -> set[tuple[str, str]]:
    """The actions and resources that a function's role allows, by the names in the tests."""
    role = target(functions()[logical_name(function)]["Role"])
    return {
        (action, on(resource))
        for name, statement in statements().items()
        if name.startswith(f"{role}.")
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if isinstance(resource, dict)
    }


def on(resource: dict[str, Any]) -> str:
    name = target(resource)
    index = str(resource.get("Fn::Sub", "")).partition("/index/")[2]
    if name in QUEUES:
        return QUEUES[name]
    return "-" if name in ("EventBus", "BuildiumSecret", "WebhookSecret") else f"{name}/{index}" if index else name


POLLS = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
STREAM = {f"dynamodb:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
BY_AWS = {
    "api": set(),
    "sync": {(action, "retry") for action in POLLS} | {(action, "EntitiesTable") for action in STREAM},
    "webhook": set(),
    "event_processor": {(action, "process") for action in POLLS},
    "reconcile": {(action, "reconcile") for action in POLLS},
    "timeline": {(action, "EntitiesTable") for action in STREAM},
    "app_webhook": {(action, "app-webhook") for action in POLLS},
    "account": set(),
}
"""Calls that Lambda makes for a function, besides its logs: it reads the stream and the queue."""
RARE = {
    (
        "api",
        "dynamodb:DeleteItem",
        "EntitiesTable",
    ): "api/review_service.py: the intent of a create that was decided on",
    ("sync", "dynamodb:Query", "EntitiesTable/by-state"): "outbound/sync_batch.py: what waits behind a slow call",
    (
        "event_processor",
        "dynamodb:DeleteItem",
        "EntitiesTable",
    ): "inbound/local_creator.py: an auto-created unit that was created locally",
    (
        "event_processor",
        "dynamodb:GetItem",
        "EntitiesTable",
    ): "inbound/local_creator.py: whether there is an auto-created unit to claim",
    (
        "event_processor",
        "dynamodb:Query",
        "EntitiesTable/by-collection",
    ): "inbound/inbound_sync.py: the event of such a unit",
    ("event_processor", "dynamodb:BatchGetItem", "ControlTable"): "inbound/local_creator.py: whether an import runs",
    ("event_processor", "sqs:SendMessage", "process"): "inbound/event_processor.py: an event before its turn",
    (
        "reconcile",
        "sqs:DeleteMessage",
        "dead-letters",
    ): "reconcile/sweeper.py: the dead letter of a sync that succeeded",
    (
        "reconcile",
        "dynamodb:UpdateItem",
        "EntitiesTable",
    ): "inbound/local_creator.py: what an open intent may have made",
    ("reconcile", "sns:Publish", "AlarmTopic"): "reconcile/digest.py: the digest of a day",
    ("reconcile", "sns:Publish", "AlarmTopicArn"): "reconcile/digest.py: the digest of a day",
    ("reconcile", "dynamodb:UpdateItem", "EventsTable"): "reconcile/sweeper.py: an event that was published late",
    ("event_processor", "dynamodb:PutItem", "TimelineTable"): "store/failed_call_items.py: a failed call for an event",
    ("reconcile", "dynamodb:PutItem", "TimelineTable"): "store/failed_call_items.py: a failed call of a poll",
    ("reconcile", "sqs:SendMessage", "retry"): "reconcile/sweeper.py: a sync that got stuck",
    ("reconcile", "sqs:SendMessage", "schedule_failure_queue"): "Lambda: a run of the schedule that failed",
    ("timeline", "dynamodb:ConditionCheckItem", "TimelineTable"): "store/timeline_pages.py: an entity of many lookups",
    ("timeline", "sqs:SendMessage", "timeline_dead_letter_queue"): "Lambda: a batch that could not be taken in",
}
"""Permissions that this day does not use, and what uses them."""


class TestSecrets:
    def test_no_secret_is_logged_counted_sent_or_stored(self, day: Day) -> None:
        assert all(len(text) > 100 for text in day.texts.values()), {
            name: len(text) for name, text in day.texts.items()
        }
        assert [(canary, name) for name, text in day.texts.items() for canary in CANARIES if canary in text] == []


class TestRoles:
    def test_every_call_is_allowed_by_its_role(self, day: Day) -> None:
        assert {function for function, _, _ in day.calls} == BY_AWS.keys()
        assert {call for call in day.calls if call[1:] not in granted(call[0])} == set()

    def test_no_role_allows_an_unused_action(self, day: Day) -> None:
        unused = {
            (function, action, on)
            for function, by_aws in BY_AWS.items()
            for action, on in granted(function) - by_aws - {call[1:] for call in day.calls if call[0] == function}
            if not action.startswith("logs:")
        }
        assert unused == RARE.keys()
