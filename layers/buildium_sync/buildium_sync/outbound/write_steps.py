"""The next write of an entity that needs two: a PUT, and the request that sets its status.

Each is an attempt of its own. The base is stored after the first, so that a lost response, a newer version or an edit
in Buildium between the two is merged as usual, and nothing is written twice. Buildium creates properties as active, so
the create of an inactive one takes five calls: create, read, status, and the lists of its units and owners.
"""

from typing import NamedTuple

from buildium_sync.domain.entity_status import INACTIVE
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields

STATUS_FIELD = "status"


class WriteStep(NamedTuple):
    """The fields of the next write, and those of the write after it."""

    fields: frozenset[str]
    later: frozenset[str]

    @property
    def sets_status(self) -> bool:
        """Whether the next write is the request that sets the status."""
        return self.fields == {STATUS_FIELD}


def next_step(entity_type: EntityType, current: Fields, wanted: Fields) -> WriteStep:
    """Return the next write on the way from `current` to `wanted` values in Buildium.

    A property that is active before or after is active when its PUT is sent: the document does not say whether Buildium
    accepts the PUT of an inactive one.
    """
    differing = {name for name, value in wanted.items() if not entity_type.values_equal(name, current.get(name), value)}
    status = frozenset(differing & {STATUS_FIELD}) if entity_type.status_requests else frozenset()
    others = frozenset(differing - status)
    if not (status and others):
        return WriteStep(status | others, frozenset())
    return WriteStep(others, status) if wanted[STATUS_FIELD] == INACTIVE else WriteStep(status, others)


def unwritten_after_create(entity_type: EntityType, fields: Fields) -> Fields:
    """Return the fields that Buildium has other values of after a create of `fields`, with those values."""
    created = entity_type.as_created(fields)
    return {
        name: value for name, value in created.items() if not entity_type.values_equal(name, fields.get(name), value)
    }
