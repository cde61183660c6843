"""How entities of a type are written to Buildium: paths, payloads, and what a write changes besides the entity."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from buildium_sync.domain.entity_status import ACTIVE
from buildium_sync.domain.inbound_contract import InboundContract
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.pass_through import carry_over
from buildium_sync.domain.reference_contract import BuildiumReference, Links


class Followers(NamedTuple):
    """A list of the Buildium entities that change together with another entity: their type, path and query.

    An `optional` list is read only if entities of its type are linked: most entities have no such followers.
    """

    entity_type: str
    path: str
    query: Mapping[str, str]
    optional: bool = False


class AccountDefault(NamedTuple):
    """A value that Buildium requires and clients rarely know. If it is missing, the account's value is used.

    `setting` is the attribute of SyncSettings with the value. If it is empty and a GET of `path` with `query` lists
    exactly one entity, its id is used. `missing` is the error message for a person.
    """

    field: str
    setting: str
    path: str
    query: Mapping[str, str]
    missing: str


class OutboundContract(InboundContract):
    """What a type defines about writing. A type must define `to_create` and `to_update`."""

    write_path: ClassVar[str] = ""
    """Buildium's path to create and update, if it differs from `path`: `/tasks/todorequests`."""
    defaults: ClassVar[Sequence[AccountDefault]] = ()
    read_only_in_buildium: ClassVar[frozenset[str]] = frozenset()
    """Buildium names that a read shows and a PUT does not accept. A name in an object is `Object.Name`."""
    is_deletable: ClassVar[bool] = False
    """Whether a client can delete an entity: Buildium has a DELETE of the path that reads one.

    The deletion must not be overtaken by a merge, so no event, poll or import may update entities of the type.
    """
    status_requests: ClassVar[Mapping[str, str]] = {}
    """By status, the path segment of the request that sets it. Without it the status is read-only."""
    followed_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields whose changes also change the `followers` in Buildium."""
    auto_created_types: ClassVar[tuple[str, ...]] = ()
    """The types of which Buildium may create an entity automatically with one of this type."""
    auto_created_by_field: ClassVar[str | None] = None
    """The field that names the entity whose create may have auto-created one of this type.

    The auto-created entity is linked before a new one is created.
    """

    @abstractmethod
    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return the payload that creates the entity in Buildium. Account defaults are in `fields` already.

        Raises SyncBlocked if a value is missing that Buildium requires and a client may supply later.
        """

    @abstractmethod
    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return the modelled part of the payload of a PUT.

        Buildium: a PUT replaces the whole entity. `current` is the entity as just read from Buildium. `fields` are
        merged with `from_buildium(current)` already, so a modelled value comes from `fields`, also if it is None.
        `update_payload` copies the names that are left out from `current`. Raises SyncBlocked as `to_create` does.
        """

    def update_payload(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return the payload of a PUT: `to_update` with the pass-through fields of `current`."""
        return carry_over(self.to_update(fields, current, links), current, self.read_only_in_buildium)

    def create_path(self, parent: int | None = None) -> str:
        """Return the path that creates an entity. `parent` is the Buildium id that the path contains."""
        return (self.write_path or self.path).format(parent=parent)

    def update_path(self, buildium_id: int, parent: int | None = None) -> str:
        """Return the path that updates one entity."""
        return f"{self.create_path(parent)}/{buildium_id}"

    def as_created(self, fields: Fields) -> Fields:
        """Return the fields that Buildium has after a create. It creates active entities."""
        return {**fields, "status": ACTIVE} if self.status_requests else fields

    def status_path(self, buildium_id: int, status: str, parent: int | None = None) -> str:
        """Return the path of the request that sets the status of one entity."""
        return f"{self.read_path(buildium_id, parent)}/{self.status_requests[status]}"

    def required_defaults(self, fields: Fields) -> tuple[AccountDefault, ...]:
        """Return the account defaults that a create of these fields requires."""
        return tuple(default for default in self.defaults if fields.get(default.field) is None)

    def with_required_defaults(
        self, fields: Fields, current: Payload, links: Links, value_of: Callable[[AccountDefault], Any]
    ) -> Fields:
        """Return the fields of an update with the account defaults that it requires.

        `current` is the entity as just read from Buildium. `value_of` returns the account's value of a default, and
        raises SyncBlocked if there is none. Buildium: an old entity may lack a value that an update requires.
        """
        remote = self.from_buildium(current, links)
        missing = [each for each in self.required_defaults(fields) if remote.get(each.field, each) is None]
        return {**fields, **{default.field: value_of(default) for default in missing}}

    def followers(self, buildium_id: int, fields: Fields) -> tuple[Followers, ...]:
        """Return the lists of the entities that change together with one entity when its `followed_fields` change.

        `fields` are those that Buildium has after the change.
        """
        return ()

    def auto_created_entities(self, headers: Mapping[str, str]) -> tuple[BuildiumReference, ...]:
        """Return what Buildium created automatically with an entity, from the headers of its response."""
        return ()

    def auto_created_query(self, buildium_id: int) -> tuple[str, str, Mapping[str, str]] | None:
        """Return the type, path and query that list the auto-created entities of an entity, None if there are none.

        The list is read after a lost create: `auto_created_entities` needs the headers of the response.
        """
        return None
