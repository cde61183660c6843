"""Packs checkpoint updates into as few transactions as possible.

DynamoDB: a transaction has at most 100 actions, and its items have at most 4 MB together.
"""

import json
from collections.abc import Iterator, Sequence

from buildium_sync.store.dynamodb import size_of
from buildium_sync.store.timeline_checkpoints import CheckpointUpdate

_MAX_ACTIONS = 100
_MAX_BYTES = 3_500_000
_MAX_OWN_ACTIONS = 3
"""Actions of one update besides its changes and writes: the checkpoint, the count and the counter of the feed."""


def free_actions(update: CheckpointUpdate) -> int:
    """Return how many writes of an update fit into its transaction."""
    return _MAX_ACTIONS - _MAX_OWN_ACTIONS - len(update.changes)


def transactions(updates: Sequence[CheckpointUpdate]) -> Iterator[list[CheckpointUpdate]]:
    """Split updates into the groups that fit into one transaction each.

    An update that writes its checkpoint only is a group of its own: a single write costs half of a transaction.
    """
    packed: list[CheckpointUpdate] = []
    for update in updates:
        if not (update.changes_count or update.changes or update.writes):
            yield [update]
        elif packed and not _fits([*packed, update]):
            yield packed
            packed = [update]
        else:
            packed.append(update)
    if packed:
        yield packed


def _fits(updates: Sequence[CheckpointUpdate]) -> bool:
    counted_types = {update.after.ref.entity_type for update in updates}
    changes = sum(len(update.changes) for update in updates)
    actions = sum(1 + len(update.writes) for update in updates) + len(counted_types) + changes + bool(changes)
    return actions <= _MAX_ACTIONS and sum(map(_size, updates)) <= _MAX_BYTES


def _size(update: CheckpointUpdate) -> int:
    return size_of(update.after.to_item()) + len(json.dumps([update.changes, update.writes]))
