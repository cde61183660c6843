"""Description of one Buildium entity type; each type is one file with one instance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.simulator.errors import Problem
from tests.simulator.filters import Filter
from tests.simulator.model import CREATED, DELETED, UPDATED, Json, Record
from tests.simulator.state import State
from tests.simulator.validation import Shape

TIMES = ("CreatedDateTime", "LastUpdatedDateTime")


def _no_rules(_state: State, _body: Json, _current: Record | None) -> list[Problem]:
    return []


def _nothing_more(_state: State, _record: Record, _body: Json) -> Record | None:
    return None


def _nothing_left(_state: State, _record: Record) -> None:
    return None


def _nothing_computed(_state: State, _record: Record) -> Json:
    return {}


def _as_it_is(_state: State, public: Json) -> Json:
    return public


def _laid_over(public: Json, body: Json) -> Json:
    return {**public, **body}


def _every(_state: State, _record: Record) -> bool:
    return True


def _any_list(_parameters: Mapping[str, list[str]]) -> list[Problem]:
    return []


@dataclass(frozen=True)
class EntityType:
    """One entity type, or another view of entities of that name (to-do requests are tasks too).

    - `name`: its name in the state and the control API; `path`: its collection below /v1.
    - `parent`: the type above a nested collection, whose `path` has `{id}` in place of the parent's id. Payloads
      get that id under `parent_key` after their check, and records keep it there.
    - `key`: the key of the id in responses; empty if they have none. `path_key`: the key that paths use instead of
      the id, unique within a parent.
    - `is_listed`, `is_readable`: whether a GET of the collection or of one entity exists. `is_deletable`: whether
      DELETE of one entity exists.
    - `written_view`: the view in responses to writes, if it is another one; `lists_created`: whether a POST
      responds with a list of one.
    - `blank`: every key of a response (except `Id`) with its empty value.
    - `post`, `put`, `patch`: payload shapes; None where the simulator rejects the method (405).
    - `read(body, current)`: the response for such a payload; `current` is None on a create.
    - `patched(public, body)`: the equivalent PUT payload of a PATCH.
    - `private`: keys that are written and never returned.
    - `rules`: rules about several fields or entities. `computed`: values that are computed on reading.
    - `settle`: what storing adds, such as ids of parts.
    - `after_create`: what a create does besides; the returned record is named in the `Link` header.
    - `actions`: requests without a body below an entity's path, by their last segment.
    - `event`: the webhook's entity name, None for types without events; `id_field`: the key of its id;
      `event_keys`: further keys of its events; `event_operations`: the changes that have one.
    - `seeds`: the entities that every account has. `timed`: whether responses contain `TIMES`.
    - `holds`: which records a view shows. `list_defaults`: filters of a list without such a parameter.
    - `required_filters`: parameters that a list requires. `strict_list_rules`: list parameters that some
      accounts require.
    """

    name: str
    path: str
    first_id: int
    blank: Json
    filters: Mapping[str, Filter] = field(default_factory=dict)
    parent: str = ""
    parent_key: str = ""
    key: str = "Id"
    path_key: str = ""
    is_deletable: bool = False
    is_listed: bool = True
    is_readable: bool = True
    written_view: "EntityType | None" = None
    lists_created: bool = False
    read: Callable[[Json, Json | None], Json] = field(default=lambda body, _current: body)
    post: Shape | None = None
    put: Shape | None = None
    patch: Shape | None = None
    patched: Callable[[Json, Json], Json] = _laid_over
    private: tuple[str, ...] = ()
    event: str | None = None
    id_field: str = ""
    event_keys: tuple[str, ...] = ()
    event_operations: tuple[str, ...] = (CREATED, UPDATED, DELETED)
    seeds: tuple[Json, ...] = ()
    timed: bool = False
    list_defaults: Mapping[str, list[str]] = field(default_factory=dict)
    holds: Callable[[State, Record], bool] = _every
    required_filters: tuple[str, ...] = ()
    strict_list_rules: Callable[[Mapping[str, list[str]]], list[Problem]] = _any_list
    rules: Callable[[State, Json, Record | None], list[Problem]] = _no_rules
    settle: Callable[[State, Json], Json] = _as_it_is
    after_create: Callable[[State, Record, Json], Record | None] = _nothing_more
    after_delete: Callable[[State, Record], None] = _nothing_left
    computed: Callable[[State, Record], Json] = field(default=_nothing_computed)
    actions: Mapping[str, Callable[[State, Record], None]] = field(default_factory=dict)

    def present(self, state: State, record: Record) -> Json:
        """The entity as in a response."""
        said = {key: value for key, value in record.public.items() if key in self.blank}
        times = dict(zip(TIMES, (utc(record.created_at), utc(record.updated_at)), strict=True)) if self.timed else {}
        identity = {self.key: record.id} if self.key else {}
        return {**identity, **said, **self.computed(state, record), **times}

    def sortable(self) -> tuple[str, ...]:
        """The keys that a list can be sorted by."""
        return (*filter(None, [self.key]), *self.blank, *(TIMES if self.timed else ()))

    @property
    def shown(self) -> "EntityType":
        """The view in responses to writes."""
        return self.written_view or self

    def path_of(self, record: Record) -> str:
        """The path of one entity below /v1."""
        parent_id = record.public[self.parent_key] if self.parent else None
        return f"{self.path.format(id=parent_id)}/{self.path_id(record)}"

    def path_id(self, record: Record) -> int:
        """The last segment of that path."""
        return int(record.public[self.path_key]) if self.path_key else record.id

    def placed(self, body: Json, parent_id: int | None) -> Json:
        """A payload with the id of the parent, if there is one."""
        return {**body, self.parent_key: parent_id} if self.parent else body

    def private_part(self, body: Json) -> Json:
        """The keys of a payload that are stored and never returned."""
        return {key: body.get(key) for key in self.private}


def copied(body: Mapping[str, Any], *keys: str) -> Json:
    """These keys of a payload; null if omitted, as after Buildium's PUT."""
    return {key: body.get(key) for key in keys}


def utc(seconds: float) -> str:
    """A time in Buildium's format."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def looked_up(state: State, type_name: str, entity_id: int, *keys: str) -> Json:
    """An entity as shown within another: its id and these keys, null if it was deleted."""
    found = state.find(type_name, entity_id)
    return {"Id": entity_id, **copied(found.public if found else {}, *keys)}
