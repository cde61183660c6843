"""Copies a restored table over the damaged one, after a restore from point-in-time recovery.

    python -m tools.restore --from RESTORED --to TABLE [--apply]

Items of RESTORED replace those of TABLE, and later items of TABLE are deleted. Without `--apply` it only counts. Turn
the sync off before (BUILDIUM_SYNC_ENABLED=false), and run an import after it.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]


@dataclass(frozen=True)
class Changes:
    """What a restore writes: items of the restored table, and keys that only the damaged table has."""

    puts: list[Item]
    deletes: list[Item]


def compare(client: "DynamoDBClient", restored: str, damaged: str) -> Changes:
    """Return the differences between two tables with the same keys. Both are held in memory."""
    names = [each["AttributeName"] for each in client.describe_table(TableName=damaged)["Table"]["KeySchema"]]

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


def main() -> None:
    """Count the changes, and write them with `--apply`."""
    parser = argparse.ArgumentParser(prog="python -m tools.restore", description=main.__doc__)
    parser.add_argument("--from", dest="restored", required=True)
    parser.add_argument("--to", dest="damaged", required=True)
    parser.add_argument("--apply", action="store_true")
    options = parser.parse_args()
    client = boto3.client("dynamodb")
    changes = compare(client, options.restored, options.damaged)
    print(f"{len(changes.puts):,} items to write, {len(changes.deletes):,} later items to delete in {options.damaged}.")
    if options.apply:
        apply(client, options.damaged, changes)
        print("Done. Turn the sync on, run an import, and check for drift.")
    else:
        print("Nothing was changed. Add --apply to write.")


if __name__ == "__main__":
    main()
