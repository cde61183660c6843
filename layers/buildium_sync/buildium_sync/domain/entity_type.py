"""The definition of an entity type for the rest of the system.

A type is one file with one subclass of `EntityType`, and one row in `entity_types.registry`. All of its code is pure:
no clock, no network, no database.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from pydantic.alias_generators import to_camel

from buildium_sync.domain.entity_model import EntityModel, default_of, identical, merge_and_validate, validated
from buildium_sync.domain.entity_status import ACTIVE, READ_ONLY, STATUS, canonical_status
from buildium_sync.domain.normalization import casefolded
from buildium_sync.domain.pass_through import carry_over
from buildium_sync.errors import FieldError, InvalidFields

Fields = dict[str, Any]
"""An entity's own fields: camelCase names and JSON values. An absent field is None."""

Payload = dict[str, Any]
"""A JSON object from or for Buildium."""

Query = Mapping[str, str]
"""The query parameters of a GET of a list."""

Normalizers = Mapping[str, Callable[[Any], Any]]
"""Per field, a function whose results are equal for two spellings of a value (`US`, `United States`)."""

READ_ONLY_FIELDS = frozenset({"id", "version", "createdAt", "updatedAt", "deletedAt", "buildiumSync"})
"""Names in responses that are not fields. A client may send them back; they are ignored."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that names another local entity, such as an owner's property."""

    field: str
    entity_type: str
    entity_id: str

    @property
    def target(self) -> tuple[str, str]:
        """The type and the local id of the named entity."""
        return self.entity_type, self.entity_id


@dataclass(frozen=True, slots=True)
class BuildiumReference:
    """A reference to a Buildium entity: its type, by the local name, and its Buildium id."""

    entity_type: str
    buildium_id: int


@dataclass(frozen=True, slots=True)
class Links:
    """The Buildium ids of local entities and the local ids of Buildium entities, for the references of one entity."""

    buildium_ids: Mapping[tuple[str, str], int]
    local_ids: Mapping[tuple[str, int], str]

    def buildium_id(self, entity_type: str, entity_id: str) -> int:
        """Return the Buildium id of a local entity. Raises KeyError if it was not resolved."""
        return self.buildium_ids[entity_type, entity_id]

    def local_id(self, entity_type: str, buildium_id: int) -> str | None:
        """Return the local id of a Buildium entity, or None if there is no local entity."""
        return self.local_ids.get((entity_type, buildium_id))


NO_LINKS = Links({}, {})


@dataclass(frozen=True, slots=True)
class RelatedEvent:
    """An event about something else, such as the payment of a bill, that changes entities of a type.

    These entities are read again. `field` is the event's field with their Buildium ids, one or a list; empty for the id
    of the event's subject.

    If that is the id of something else, `path` reads it (`{}` is replaced by the id). `list_field` is then the field of
    the response with the entities.
    """

    field: str = ""
    path: str = ""
    list_field: str = ""


BUILDIUM_IDS = range(1, 2**31)


def is_buildium_id(value: Any) -> bool:
    """Return whether a value can be a Buildium id."""
    return type(value) is int and value in BUILDIUM_IDS


def local_reference(value: Any, kind: str, local_ids: Mapping[tuple[str, int], str]) -> Any:
    """Return the local id for a Buildium id where it is known; of a list, for each member."""
    if isinstance(value, list):
        return [local_reference(each, kind, local_ids) for each in value]
    return local_ids.get((kind, value), value) if is_buildium_id(value) else value


@dataclass(frozen=True, slots=True)
class Followers:
    """A list of the Buildium entities that change together with another entity: their type, path and query.

    An `optional` list is read only if entities of its type are linked: most entities have no such followers.
    """

    entity_type: str
    path: str
    query: Mapping[str, str]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class AccountDefault:
    """A value that Buildium requires and clients rarely know. If it is missing, the account's value is used.

    `setting` is the attribute of SyncSettings with the value. If it is empty and a GET of `path` with `query` lists
    exactly one entity, its id is used. `missing` is the error message for a person.
    """

    field: str
    setting: str
    path: str
    query: Mapping[str, str]
    missing: str


class EntityType(ABC):
    """One entity type: its fields, its mappings, its references, and how to find a lost create."""

    name: ClassVar[str]
    """The name in `entityType`: `property`, `bank-account`."""
    collection: ClassVar[str]
    """The path segment of the API: `properties`."""
    path: ClassVar[str]
    """Buildium's path to list and read, relative to the base URL: `/rentals`."""
    write_path: ClassVar[str] = ""
    """Buildium's path to create and update, if it differs from `path`: `/tasks/todorequests`."""
    event_subjects: ClassVar[frozenset[str]]
    """Webhook event names without the operation, compared whole: `Rental` of `Rental.Updated`."""
    related_events: ClassVar[Mapping[str, RelatedEvent]] = {}
    """Events about something else that change entities of this type, by name without the operation."""
    model: ClassVar[type[EntityModel]]
    remote_owned_fields: ClassVar[Mapping[str, Any]] = {"status": STATUS}
    """Fields that only Buildium changes, with their types."""
    canonical: ClassVar[Normalizers] = {}
    """Normalizers of fields whose values have several spellings. They are not called with None."""
    composites: ClassVar[Sequence[tuple[str, ...]]] = ()
    """Groups of fields that form one value, such as an address. A merge never mixes the sides within one."""
    set_fields: ClassVar[Mapping[str, int]] = {}
    """Fields whose lists are sets: a merge keeps the additions and removals of both sides.

    The number is the minimum of members that Buildium requires.
    """
    defaults: ClassVar[Sequence[AccountDefault]] = ()
    reference_fields: ClassVar[Mapping[str, str]] = {}
    """Fields that name other entities, by local id or Buildium id, and the types of these entities."""
    association_fields: ClassVar[frozenset[str]] = frozenset()
    """Reference fields whose Buildium id may be that of an association. Associations have no local entity."""
    create_only: ClassVar[Mapping[str, str]] = {}
    """Fields that Buildium accepts with a create only, and the error for a client that changes one."""
    not_removable: ClassVar[Mapping[str, str]] = {}
    """Fields that an update cannot empty in Buildium, and the error for a client that sets one to null."""
    read_only: ClassVar[frozenset[str]] = frozenset()
    """Buildium names that a read shows and a PUT does not accept. A name in an object is `Object.Name`."""
    status_requests: ClassVar[Mapping[str, str]] = {}
    """By status, the path segment of the request that sets it. Without it the status is read-only."""
    status_source_field: ClassVar[str | None] = None
    """The field that references the entity whose status this one has, if payloads show no status."""
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields whose values are stored in no change history and in no conflict."""
    updated_since_param: ClassVar[str | None] = "lastupdatedfrom"
    """The query parameter that lists the entities changed since a time, None if Buildium has none."""
    followed_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields whose changes also change the `followers` in Buildium."""
    updated_since_is_date_only: ClassVar[bool] = False
    """Whether that parameter ignores the time of day."""
    exact_match_fields: ClassVar[tuple[str, ...]] = ()
    """Parts of a natural key that are equal for every match. Only entities with equal parts are compared."""
    review_fields: ClassVar[tuple[str, ...]]
    """The fields by which a person distinguishes the candidates of a review.

    Not among them are references, long texts, contact details and account numbers: `domain.review_candidates` has the
    reasons.
    """
    identifying_fields: ClassVar[tuple[tuple[str, ...], ...]]
    """Groups of fields that identify an entity. The fields of one group form one value.

    After a lost create, one unchanged group is enough to recognize an entity that was edited in Buildium.
    """
    immutable_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that cannot change after a create. An entity with another value comes from another create."""
    filled_by_buildium: ClassVar[frozenset[str]] = frozenset()
    """Fields that Buildium fills in if a create leaves them out."""
    auto_created_types: ClassVar[tuple[str, ...]] = ()
    """The types of which Buildium may create an entity automatically with one of this type."""
    auto_created_by_field: ClassVar[str | None] = None
    """The field that names the entity whose create may have auto-created one of this type.

    The auto-created entity is linked before a new one is created.
    """

    def validate(self, body: Mapping[str, Any], current: Fields | None = None, *, in_buildium: bool = True) -> Fields:
        """Return the fields of an entity after a create, or after an update of `current`.

        A field that equals the stored value is always valid, even if it came from Buildium and breaks a rule. Fields
        that `body` leaves out keep their values. `in_buildium` is whether a Buildium entity exists or may exist: then a
        change that Buildium cannot store is rejected. Raises InvalidFields with an error for each invalid field.
        """
        provided = self.provided(body)
        errors = self._read_only_errors(provided, current)
        provided = {name: value for name, value in provided.items() if name not in self.remote_owned_fields}
        if current is None:
            fields, field_errors = validated(self.model, provided)
            fields = {**fields, **self.default_remote_fields}
        else:
            provided = {name: value for name, value in provided.items() if not identical(value, current.get(name))}
            fields, field_errors = merge_and_validate(self.model, current, provided)
        if current is not None and in_buildium and not field_errors:
            field_errors = self._unsupported_changes(provided, fields, current)
        if errors or field_errors:
            raise InvalidFields([*errors, *field_errors])
        return fields

    @property
    def default_remote_fields(self) -> Fields:
        """The values of the remote-owned fields of a new entity."""
        return {"status": ACTIVE} if "status" in self.remote_owned_fields else {}

    def provided(self, body: Mapping[str, Any]) -> Fields:
        """Return the fields that a body sets, without read-only names and without nulls of remote-owned fields."""
        ignored = {name for name in ("status", *self.remote_owned_fields) if body.get(name) is None} | READ_ONLY_FIELDS
        provided = {name: value for name, value in body.items() if name not in ignored}
        return {**provided, "status": canonical_status(provided["status"])} if "status" in provided else provided

    def values_equal(self, field: str, one: Any, other: Any) -> bool:
        """Return whether two values of a field mean the same."""
        form = self.canonical.get(field)
        return one == other or (form is not None and one is not None and other is not None and form(one) == form(other))

    def results_from_write(self, field: str, local: Any, remote: Any) -> bool:
        """Return whether Buildium's value of a field is the result of a write of the local value.

        Buildium completes some values, for example with ids. Such a value is not equal to the local one, and it
        replaces it.
        """
        return self.values_equal(field, local, remote)

    def fields_changed_since_create(self, sent: Fields, shown: Fields) -> tuple[str, ...]:
        """Return the fields whose value in Buildium differs from the one that a create sent.

        Not compared are remote-owned fields, and fields that Buildium fills in if a create leaves them out.
        """
        names = (name for name in shown if name not in self.remote_owned_fields)
        return tuple(name for name in names if not self._is_as_sent(name, sent.get(name), shown[name]))

    def sent_with_create(self, fields: Fields) -> Fields:
        """Return the values that a create of these fields sends. Account defaults are in them already."""
        return fields

    def has_unsent_values(self, sent: Fields, payload: Payload) -> bool:
        """Return whether Buildium shows a value that no field holds and that the create did not send."""
        return False

    def _is_as_sent(self, field: str, sent: Any, shown: Any) -> bool:
        """Return whether Buildium shows a value as it was sent. Case and white space of strings do not matter."""
        is_filled = sent is None and field in self.filled_by_buildium
        is_string = isinstance(sent, str) and isinstance(shown, str)
        return (
            is_filled
            or self.results_from_write(field, sent, shown)
            or (is_string and casefolded(sent) == casefolded(shown))
        )

    def composite_of(self, field: str) -> tuple[str, ...]:
        """Return the names of the fields that form one value with this field, including itself."""
        return next((group for group in self.composites if field in group), (field,))

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of all fields, the remote-owned ones last."""
        return (*self.model.model_fields, *sorted(self.remote_owned_fields))

    def missing_required(self, fields: Fields) -> tuple[str, ...]:
        """Return the names of empty required fields. Old Buildium entities may have some."""
        required = [name for name, field in self.model.model_fields.items() if field.is_required()]
        return tuple(name for name in required if fields.get(name) is None)

    def to_response(self, entity_id: str, fields: Fields, times: Mapping[str, str | None]) -> dict[str, Any]:
        """Return the entity in the form of the API. `times` holds createdAt, updatedAt and deletedAt, or None."""
        shown = {name: times.get(name) for name in ("createdAt", "updatedAt")}
        deleted = {"deletedAt": times["deletedAt"]} if times.get("deletedAt") else {}
        return {"id": entity_id, **{name: fields.get(name) for name in self.field_names}, **shown, **deleted}

    def wrap_response(self, representation: dict[str, Any], sync: dict[str, Any], message: str) -> dict[str, Any]:
        """Return the body of the response to a create, a read or an update. An empty `message` is left out."""
        optional = {"message": message} if message else {}
        return {**optional, to_camel(self.name.replace("-", "_")): representation, "buildiumSync": sync}

    def read_path(self, buildium_id: int) -> str:
        """Return the path that reads one entity."""
        return f"{self.path}/{buildium_id}"

    @property
    def create_path(self) -> str:
        """The path that creates an entity."""
        return self.write_path or self.path

    def update_path(self, buildium_id: int) -> str:
        """Return the path that updates one entity."""
        return f"{self.create_path}/{buildium_id}"

    def auto_created_entities(self, headers: Mapping[str, str]) -> tuple[BuildiumReference, ...]:
        """Return what Buildium created automatically with an entity, from the headers of its response."""
        return ()

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

    def auto_created_query(self, buildium_id: int) -> tuple[str, str, Mapping[str, str]] | None:
        """Return the type, path and query that list the auto-created entities of an entity, None if there are none.

        The list is read after a lost create: `auto_created_entities` needs the headers of the response.
        """
        return None

    def full_lists(self, today: date) -> Sequence[Query]:
        """Return the lists that together show every entity, in the order of reading.

        A job that reads them in several runs passes the day (UTC) of its start, so that the lists stay the same.
        """
        return ({},)

    def recent_lists(self, today: date) -> Sequence[Query]:
        """Return the lists that show new entities and most changed ones.

        A poll and the search for a lost create read only these.
        """
        return self.full_lists(today)

    def as_created(self, fields: Fields) -> Fields:
        """Return the fields that Buildium has after a create. It creates active entities."""
        return {**fields, "status": ACTIVE} if self.status_requests else fields

    def status_path(self, buildium_id: int, status: str) -> str:
        """Return the path of the request that sets the status of one entity."""
        return f"{self.read_path(buildium_id)}/{self.status_requests[status]}"

    def followers(self, buildium_id: int) -> tuple[Followers, ...]:
        """Return the lists of the entities that change together with one entity when its `followed_fields` change."""
        return ()

    def local_references(self, fields: Fields) -> tuple[Reference, ...]:
        """Return the dependencies: the local entities that must be in Buildium before this one."""
        named = ((name, kind, value) for name, kind, value in self._references(fields) if isinstance(value, str))
        return tuple(Reference(name, kind, value) for name, kind, value in named)

    def references_by_buildium_id(self, fields: Mapping[str, Any]) -> tuple[BuildiumReference, ...]:
        """Return the entities that fields name by Buildium id. `fields` may be a body before validation."""
        named = ((kind, value) for _, kind, value in self._references(fields) if is_buildium_id(value))
        return tuple(BuildiumReference(kind, value) for kind, value in named)

    def with_local_ids(self, fields: Fields, local_ids: Mapping[tuple[str, int], str]) -> Fields:
        """Return the fields with local ids instead of Buildium ids, where the local ids are known."""
        named = {name: kind for name, kind in self.reference_fields.items() if name in fields}
        return {**fields, **{name: local_reference(fields[name], kind, local_ids) for name, kind in named.items()}}

    def _references(self, fields: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
        """Yield the field, the type and the id of each reference; of a list, of each member."""
        for name, kind in self.reference_fields.items():
            value = fields.get(name)
            for each in value if isinstance(value, list) else [value]:
                yield name, kind, each

    def remote_references(self, payload: Payload) -> tuple[BuildiumReference, ...]:
        """Return the Buildium entities whose local ids `from_buildium` needs."""
        return ()

    @abstractmethod
    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return the payload that creates the entity in Buildium. Account defaults are in `fields` already.

        Raises SyncBlocked if a value is missing that Buildium requires and a client may supply later.
        """

    def update_payload(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return the payload of a PUT: `to_update` with the pass-through fields of `current`."""
        return carry_over(self.to_update(fields, current, links), current, self.read_only)

    @abstractmethod
    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return the modelled part of the payload of a PUT.

        Buildium: a PUT replaces the whole entity. `current` is the entity as just read from Buildium. `fields` are
        merged with `from_buildium(current)` already, so a modelled value comes from `fields`, also if it is None.
        `update_payload` copies the names that are left out from `current`. Raises SyncBlocked as `to_create` does.
        """

    @abstractmethod
    def from_buildium(self, payload: Payload, links: Links) -> Fields:
        """Return the content of a Buildium payload as local fields.

        A field that Buildium never shows (an owner's date of birth) is absent. A field that is empty in Buildium is
        None.
        """

    def with_hidden_values(self, shown: Fields, *, base: Fields, local: Fields) -> Fields:
        """Return Buildium's fields with values that can be derived for fields that Buildium hides.

        `shown` are the fields that Buildium shows, `base` the values of the last agreement, `local` those of the local
        entity. A merge calls this first.
        """
        return shown

    @abstractmethod
    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return the JSON value that identifies an entity without ids. Raises KeyError if a reference is not linked."""

    @abstractmethod
    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Return whether an entity of a Buildium list has this natural key."""

    def _read_only_errors(self, provided: Mapping[str, Any], current: Fields | None) -> list[FieldError]:
        values = {**self.default_remote_fields, **(current or {})}
        return [
            FieldError(name, f"{_read_only_reason(name)}; it is {values[name]!r} now")
            for name in sorted(self.remote_owned_fields.keys() & provided.keys())
            if not identical(provided[name], values[name])
        ]

    def _unsupported_changes(self, provided: Mapping[str, Any], fields: Fields, current: Fields) -> list[FieldError]:
        """Return errors for changes that Buildium cannot store."""
        changed = {
            name: reason
            for name, reason in self.create_only.items()
            if name in provided and not self.values_equal(name, fields[name], self._current_value(name, current))
        }
        emptied = {
            name: reason
            for name, reason in self.not_removable.items()
            if name in provided and fields[name] is None and current.get(name) is not None
        }
        return [FieldError(name, reason) for name, reason in {**changed, **emptied}.items()]

    def _current_value(self, name: str, current: Fields) -> Any:
        """Return a field's value. A field that Buildium never shows has the default of the model."""
        return current.get(name, default_of(self.model.model_fields[name]))


def _read_only_reason(name: str) -> str:
    return READ_ONLY if name == "status" else "is set by Buildium"
