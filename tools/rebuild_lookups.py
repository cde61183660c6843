"""Rebuilds the lookups of entities that were stored before there were lookups, or whose changes a batch lost.

    python -m tools.rebuild_lookups STACK [ENTITY_TYPE [CURSOR]]

It uses the AWS credentials and the region of the environment. It reads every entity once, and writes only missing and
outdated lookups, so it can run at any time and again. The progress shows the arguments that continue from there.
"""

import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import botocore.exceptions

from buildium_sync.domain.entity import EntityRef
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.lookups import changed_lookups
from buildium_sync.entity_types.registry import TYPE_NAMES, by_name
from buildium_sync.errors import ConcurrentWrite
from buildium_sync.store.entities import EntityStore
from buildium_sync.store.timeline_checkpoints import CheckpointUpdate
from buildium_sync.store.timeline_pages import TimelineStore
from buildium_sync.store.writes import MAX_WRITE_CONFLICTS

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_PAGE_SIZE = 40
_ERRORS = (ConcurrentWrite, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError)


class LookupRebuilder:
    """Rebuilds lookups page by page."""

    def __init__(self, entities: EntityStore, timelines: TimelineStore) -> None:
        self._entities = entities
        self._timelines = timelines

    def rebuild_page(self, entity_type: EntityType, cursor: str | None) -> tuple[int, str | None]:
        """Rebuild the lookups of a page of entities. Return their number, and the cursor of the next page.

        Raises ConcurrentWrite if the entities change again and again.
        """
        page, next_cursor = self._entities.page(entity_type.name, limit=_PAGE_SIZE, cursor=cursor)
        for _ in range(MAX_WRITE_CONFLICTS):
            try:
                self._rebuild(entity_type, [entity.ref for entity in page])
            except ConcurrentWrite:
                continue
            return len(page), next_cursor
        raise ConcurrentWrite(f"Checkpoint contention at cursor {cursor}")

    def _rebuild(self, entity_type: EntityType, refs: Iterable[EntityRef]) -> None:
        # Checkpoints first: an entity that changes after its checkpoint was read changes the checkpoint too.
        checkpoints = self._timelines.checkpoints(refs)
        loaded = self._entities.load_all(checkpoints)
        updates = [
            CheckpointUpdate(
                before,
                replace(before, lookups=changed_lookups({}, entity_type, loaded[ref].entity, loaded[ref].sync)),
            )
            for ref, before in checkpoints.items()
            if ref in loaded
        ]
        self._timelines.commit([update for update in updates if update.before != update.after], time.time())


def rebuild(rebuilder: LookupRebuilder, first: str = TYPE_NAMES[0], cursor: str | None = None) -> int:
    """Rebuild the lookups of a type from a cursor on, and of all later types. Return the number of entities."""
    total = 0
    for name in TYPE_NAMES[TYPE_NAMES.index(first) :]:
        while True:
            count, cursor = rebuilder.rebuild_page(by_name(name), cursor)
            total += count
            if cursor is None:
                break
            print(f"{total:,} entities. To continue from here: {name} {cursor}", file=sys.stderr)
    return total


def physical_name(client: "CloudFormationClient", stack: str, logical_name: str) -> str:
    """Return the name of a stack's table, or the URL of its queue."""
    details = client.describe_stack_resource(StackName=stack, LogicalResourceId=logical_name)
    return details["StackResourceDetail"]["PhysicalResourceId"]


def main(stack: str, *start: str) -> int:
    """Rebuild the lookups of a stack's entities, and return the exit code."""
    try:
        stacks, dynamodb = boto3.client("cloudformation"), boto3.client("dynamodb")
        entities = EntityStore(dynamodb, physical_name(stacks, stack, "EntitiesTable"))
        timelines = TimelineStore(dynamodb, physical_name(stacks, stack, "TimelineTable"))
        total = rebuild(LookupRebuilder(entities, timelines), *start)
    except _ERRORS as error:
        print(f"The lookups of {stack} are not rebuilt: {error}", file=sys.stderr)
        return 1
    print(f"{total:,} entities have their lookups.")
    return 0


def _arguments(arguments: Sequence[str]) -> Sequence[str]:
    if not 1 <= len(arguments) <= 3 or (len(arguments) > 1 and arguments[1] not in TYPE_NAMES):
        raise SystemExit("usage: python -m tools.rebuild_lookups STACK [ENTITY_TYPE [CURSOR]]")
    return arguments


if __name__ == "__main__":
    sys.exit(main(*_arguments(sys.argv[1:])))
