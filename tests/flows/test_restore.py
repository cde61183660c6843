"""A table is restored from point-in-time recovery without a double in Buildium."""

from typing import Any

import boto3
import pytest

from buildium_sync.domain.sync_status import Status
from tests.aws import ENTITIES
from tests.flows.schedule import Schedule
from tests.flows.system import PROPERTY, System
from tools.restore import apply, compare, main


def test_a_restored_table_is_in_sync_again_after_an_import(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = Schedule(system, monkeypatch)
    kept = system.create("property", PROPERTY)
    system.work()
    before = system.dynamodb.scan(TableName=ENTITIES)["Items"]
    description = system.dynamodb.describe_table(TableName=ENTITIES)["Table"]
    system.dynamodb.create_table(
        TableName="restored",
        KeySchema=description["KeySchema"],
        AttributeDefinitions=description["AttributeDefinitions"][:2],
        BillingMode="PAY_PER_REQUEST",
    )
    for item in before:
        system.dynamodb.put_item(TableName="restored", Item=item)
    system.update(kept, {"name": "Wrong"})
    system.create("property", {**PROPERTY, "name": "Later"})
    system.work()

    changes = compare(system.dynamodb, "restored", ENTITIES)
    apply(system.dynamodb, ENTITIES, changes)

    assert sorted(system.dynamodb.scan(TableName=ENTITIES)["Items"], key=repr) == sorted(before, key=repr)
    assert compare(system.dynamodb, "restored", ENTITIES).puts == []
    schedule.import_all("property")
    system.work()
    assert system.sync_of(kept).status is Status.SYNCED
    assert {each.entity.fields["name"] for each in schedule.kept("property")} == {"Wrong", "Later"}
    assert system.calls("POST", "/v1/rentals") == 2


@pytest.mark.parametrize(
    ("restored", "expected"), [("missing", "not found"), ("creating", "The table creating is not ready: CREATING.")]
)
def test_an_unusable_table_is_reported_without_a_traceback(
    system: System,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    restored: str,
    expected: str,
) -> None:
    real = system.dynamodb.describe_table
    creating = {"Table": {"TableName": "creating", "TableStatus": "CREATING"}}

    def describe(**request: str) -> Any:
        return creating if request["TableName"] == "creating" else real(**request)

    monkeypatch.setattr(system.dynamodb, "describe_table", describe)
    monkeypatch.setattr(boto3, "client", lambda _service: system.dynamodb)
    monkeypatch.setattr("sys.argv", ["restore", "--from", restored, "--to", ENTITIES])

    assert main() == 1
    assert expected in capsys.readouterr().err
