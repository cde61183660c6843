"""How one of Buildium's entity types is described; each type is one file that fills this in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulator.errors import Problem
from tests.simulator.filters import Filter
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.validation import Shape


def _no_rules(_state: State, _body: Json, _current: Record | None) -> list[Problem]:
    return []


def _nothing_more(_state: State, _record: Record, _body: Json) -> Record | None:
    return None


def _nothing_left(_state: State, _record: Record) -> None:
    return None


def _nothing_computed(_state: State, _record: Record) -> Json:
    return {}


@dataclass(frozen=True)
class EntityType:
    """One entity type.

    - `name`: under which the state and the control API know it; `path`: its collection below /v1.
    - `blank`: every key that reading gives (but `Id`), with the value of an entity that says nothing.
    - `post`, `put`: the shapes of the messages; None where the simulator does not take them (405).
    - `read(body, current)`: what reading gives after such a message; `current` is None on a create.
    - `private`: keys that are written and never read back.
    - `rules`: what spans several fields or entities. `computed`: what is worked out on reading.
    - `after_create`: what else a create makes; the record returned is named in the `Link` header.
    - `event`: the webhook's entity name, None for types without events; `id_field`: its id's key.
    """

    name: str
    path: str
    first_id: int
    blank: Json
    filters: Mapping[str, Filter]
    read: Callable[[Json, Json | None], Json]
    post: Shape | None = None
    put: Shape | None = None
    private: tuple[str, ...] = ()
    event: str | None = None
    id_field: str = ""
    rules: Callable[[State, Json, Record | None], list[Problem]] = _no_rules
    after_create: Callable[[State, Record, Json], Record | None] = _nothing_more
    after_delete: Callable[[State, Record], None] = _nothing_left
    computed: Callable[[State, Record], Json] = field(default=_nothing_computed)

    def present(self, state: State, record: Record) -> Json:
        """The entity as reading gives it."""
        return {"Id": record.id, **record.public, **self.computed(state, record)}

    def private_part(self, body: Json) -> Json:
        """What of a message is kept but never read back."""
        return {key: body.get(key) for key in self.private}


def copied(body: Mapping[str, Any], *keys: str) -> Json:
    """These keys as they were written; null where they were left out, as after Buildium's PUT."""
    return {key: body.get(key) for key in keys}
