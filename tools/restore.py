"""Copies a restored table over the damaged one, after a restore from point-in-time recovery.

    python -m tools.restore --from RESTORED --to TABLE [--apply]

Items of RESTORED replace those of TABLE, and later items of TABLE are deleted. Without `--apply` it only counts. Pause
both directions of the sync before, and run an import after it.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.local_cloud.errors import LocalCloudError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]

_READABLE = ("ACTIVE", "UPDATING")


@dataclass(frozen=True)
class Changes:
    """What a restore writes: items of the restored table, and keys that only the damaged table has."""

    puts: list[Item]
    deletes: list[Item]


def compare(client: "DynamoDBClient", restored: str, damaged: str) -> Changes:
    """Return the differences between two tables with the same keys. Both are held in memory.

    Raises LocalCloudError while one of them is being created.
    """
    tables = [client.describe_table(TableName=name)["Table"] for name in (restored, damaged)]
    for table in tables:
        if table["TableStatus"] not in _READABLE:
            raise LocalCloudError(f"The table {table['TableName']} is not ready: {table['TableStatus']}.")
    names = [each["AttributeName"] for each in tables[0]["KeySchema"]]

    def key(item: Item) -> str:
        return repr([item[name] for name in names])

    before = {key(item): item for item in _items(client, restored)}
    now = {key(item): item for item in _items(client, damaged)}
    puts = [item for each, item in before.items() if now.get(each) != item]
    deletes = [{name: item[name] for name in names} for each, item in now.items() if each not in before]
    return Changes(puts, deletes)


def apply(client: "DynamoDBClient", damaged: str, changes: Changes) -> None:
    """Write the changes. It can be repeated."""
    for item in changes.puts:
        client.put_item(TableName=damaged, Item=item)
    for key in changes.deletes:
        client.delete_item(TableName=damaged, Key=key)


def _items(client: "DynamoDBClient", table: str) -> Iterator[Item]:
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        yield from page["Items"]


def main() -> int:
    """Count the changes, and write them with `--apply`."""
    parser = argparse.ArgumentParser(prog="python -m tools.restore", description=main.__doc__)
    parser.add_argument("--from", dest="restored", required=True)
    parser.add_argument("--to", dest="damaged", required=True)
    parser.add_argument("--apply", action="store_true")
    options = parser.parse_args()
    try:
        _restore(options.restored, options.damaged, is_applied=options.apply)
    except (LocalCloudError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _restore(restored: str, damaged: str, *, is_applied: bool) -> None:
    client = boto3.client("dynamodb")
    changes = compare(client, restored, damaged)
    print(f"{len(changes.puts):,} items to write, {len(changes.deletes):,} later items to delete in {damaged}.")
    if is_applied:
        apply(client, damaged, changes)
        print("Done. Resume the sync, run an import, and check for drift.")
    else:
        print("Nothing was changed. Add --apply to write.")


if __name__ == "__main__":
    sys.exit(main())
