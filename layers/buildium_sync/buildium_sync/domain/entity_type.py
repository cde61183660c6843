"""What an entity type tells the rest of the system.

A type is one file in this package with one subclass of `EntityType`, and its row in `registry`. Everything
in it is pure: no clock, no network, no database.
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
"""An entity's own fields under our camelCase names, in JSON's types only. An absent field is None."""

Payload = dict[str, Any]
"""A Buildium message as parsed from or written to JSON."""

Query = Mapping[str, str]
"""The parameters of a GET of a list."""

Normalizers = Mapping[str, Callable[[Any], Any]]
"""Per field, the form in which two spellings of one value are equal (`US` and `United States`)."""

READ_ONLY_FIELDS = frozenset({"id", "version", "createdAt", "updatedAt", "deletedAt", "buildiumSync"})
"""What our answers hold beside an entity's fields; a client may send it back, it is not looked at."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A field of one entity that names another of local, e.g. an owner's property."""

    field: str
    entity_type: str
    entity_id: str

    @property
    def target(self) -> tuple[str, str]:
        """The entity that is named: its type and our id."""
        return self.entity_type, self.entity_id


@dataclass(frozen=True, slots=True)
class BuildiumReference:
    """A field of a Buildium message that names another Buildium entity, in our type's terms."""

    entity_type: str
    buildium_id: int


@dataclass(frozen=True, slots=True)
class Links:
    """Which of our entities is which of Buildium's, for the references of the entity at hand."""

    buildium_ids: Mapping[tuple[str, str], int]
    local_ids: Mapping[tuple[str, int], str]

    def buildium_id(self, entity_type: str, entity_id: str) -> int:
        """Return the Buildium id of one of local. Raises KeyError for one that was not resolved."""
        return self.buildium_ids[entity_type, entity_id]

    def local_id(self, entity_type: str, buildium_id: int) -> str | None:
        """Return our id of one of Buildium's, or None when it is not one of local."""
        return self.local_ids.get((entity_type, buildium_id))


NO_LINKS = Links({}, {})


@dataclass(frozen=True, slots=True)
class RelatedEvent:
    """An event about something else, such as a bill's payment, after which entities of a type are read again.

    `field` is the event's field that holds their Buildium ids, one or a list of them; empty for the id of the event's
    subject. If that is the id of something else, `path` reads it, with `{}` in the id's place, and `listed` is the
    field of the response that lists the entities.
    """

    field: str = ""
    path: str = ""
    listed: str = ""


BUILDIUM_IDS = range(1, 2**31)


def is_buildium_id(value: Any) -> bool:
    """Tell whether a value can be the id of a Buildium entity."""
    return type(value) is int and value in BUILDIUM_IDS


def local_reference(value: Any, kind: str, local_ids: Mapping[tuple[str, int], str]) -> Any:
    """Return the local id that a Buildium id stands for, where it is known; of a list, of each member."""
    if isinstance(value, list):
        return [local_reference(each, kind, local_ids) for each in value]
    return local_ids.get((kind, value), value) if is_buildium_id(value) else value


@dataclass(frozen=True, slots=True)
class Followers:
    """A list of the Buildium entities that change along with another entity: their type, path and query.

    Where most entities have no followers, the list is `optional`: it is not read before one of its type is known.
    """

    entity_type: str
    path: str
    query: Mapping[str, str]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class AccountDefault:
    """A value that Buildium demands and callers rarely know, taken from the account when left out.

    `setting` is the attribute of Settings that holds it. Where that is empty, the only entity that a GET of
    `path` with `query` lists is taken. `missing` tells a person what to supply.
    """

    field: str
    setting: str
    path: str
    query: Mapping[str, str]
    missing: str


class EntityType(ABC):
    """One entity type: its fields, its two mappings, its references, and how to find a lost create."""

    name: ClassVar[str]
    """As `entityType` says it: `property`, `bank-account`."""
    collection: ClassVar[str]
    """The path segment of our API: `properties`."""
    path: ClassVar[str]
    """Buildium's path to list and read, under the base URL: `/rentals`."""
    write_path: ClassVar[str] = ""
    """Buildium's path to create and update, where it is another: `/tasks/todorequests` beside `/tasks`."""
    event_subjects: ClassVar[frozenset[str]]
    """Webhook event names without their operation, matched whole: `Rental` of `Rental.Updated`."""
    related_events: ClassVar[Mapping[str, RelatedEvent]] = {}
    """Events about something else that change entities of this type, by their names without the operation."""
    model: ClassVar[type[EntityModel]]
    remote_owned_fields: ClassVar[Mapping[str, Any]] = {"status": STATUS}
    """Fields that only Buildium edits, and their types: its value always wins."""
    canonical: ClassVar[Normalizers] = {}
    """For the fields whose values have several spellings. It is not asked about None."""
    composites: ClassVar[Sequence[tuple[str, ...]]] = ()
    """Groups of fields that are one value, such as the parts of an address. A merge never mixes two sides in one."""
    sets: ClassVar[Mapping[str, int]] = {}
    """Fields whose lists are sets: a merge keeps what each side added and removed.

    The number is how many members Buildium requires at least.
    """
    defaults: ClassVar[Sequence[AccountDefault]] = ()
    reference_fields: ClassVar[Mapping[str, str]] = {}
    """Fields that name other entities, by local id or Buildium id, and the type of these."""
    of_associations: ClassVar[frozenset[str]] = frozenset()
    """Those of them whose number may be that of an association, which no local entity stands for."""
    create_only: ClassVar[Mapping[str, str]] = {}
    """Fields that Buildium takes with a create only, and the reason that a client gets who changes one."""
    never_emptied: ClassVar[Mapping[str, str]] = {}
    """Fields that an update of Buildium cannot empty, and the reason that a client gets who sets one to null."""
    read_only: ClassVar[frozenset[str]] = frozenset()
    """Names of Buildium that a read shows and a PUT does not take; one inside an object is `Object.Name`."""
    status_requests: ClassVar[Mapping[str, str]] = {}
    """The requests below an entity's path that set its status, by the status. Other types have a read-only status."""
    status_of: ClassVar[str | None] = None
    """The field that references the entity whose status this one has, where Buildium's messages show no status."""
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields whose values stand in no history and no conflict."""
    updated_since_param: ClassVar[str | None] = "lastupdatedfrom"
    """The query parameter that lists what has changed since a time; None where Buildium has none."""
    followed_fields: ClassVar[frozenset[str]] = frozenset()
    """The fields whose changes change other entities in Buildium too, those of `followers`."""
    updated_since_is_date_only: ClassVar[bool] = False
    """Whether that parameter looks at the day only."""
    exact_match_fields: ClassVar[tuple[str, ...]] = ()
    """Parts of a natural key that are equal wherever `is_match` holds: only what agrees in them is compared."""
    told_by: ClassVar[tuple[str, ...]]
    """The fields by which a person tells one entity from another that looks like it; they are kept of candidates.

    Without references, long texts, and what reaches a person or a bank account: `candidates` says why.
    """
    identifying_fields: ClassVar[tuple[tuple[str, ...], ...]]
    """Groups of fields by which a person recognises an entity; the fields of one group are one value.

    After a lost create, an entity that was edited in Buildium is still recognised by the groups that were not.
    """
    immutable_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that nobody can change after a create: an entity with another value was made by another create."""
    filled_by_buildium: ClassVar[frozenset[str]] = frozenset()
    """Fields to which Buildium gives a value when a create leaves them out."""
    auto_created_types: ClassVar[tuple[str, ...]] = ()
    """The types of which Buildium may create an entity by itself along with one of this type."""
    auto_created_by_field: ClassVar[str | None] = None
    """The field whose entity may have made one of this type by itself, to be taken before a new one is created."""

    def validate(self, body: Mapping[str, Any], current: Fields | None = None, *, in_buildium: bool = True) -> Fields:
        """Return the entity's fields after `body`, laid over `current` for an update.

        A field that equals the stored value is never at fault, even if it came from Buildium and breaks our rules, and
        fields that `body` does not change keep their values. `in_buildium` is whether a stored entity is there, or may
        be: then a change that Buildium cannot store is rejected. Raises InvalidFields that names every field at fault.
        """
        given = self.provided(body)
        errors = self._read_only_errors(given, current)
        given = {name: value for name, value in given.items() if name not in self.remote_owned_fields}
        if current is None:
            fields, faults = validated(self.model, given)
            fields = {**fields, **self.default_remote_fields}
        else:
            given = {name: value for name, value in given.items() if not identical(value, current.get(name))}
            fields, faults = merge_and_validate(self.model, current, given)
        if current is not None and in_buildium and not faults:
            faults = self._unstorable(given, fields, current)
        if errors or faults:
            raise InvalidFields([*errors, *faults])
        return fields

    @property
    def default_remote_fields(self) -> Fields:
        """The values that fields edited only by Buildium have in a new entity."""
        return {"status": ACTIVE} if "status" in self.remote_owned_fields else {}

    def provided(self, body: Mapping[str, Any]) -> Fields:
        """Return the fields that a body sets: read-only names are left out, and nulls of fields that Buildium edits."""
        ignored = {name for name in ("status", *self.remote_owned_fields) if body.get(name) is None} | READ_ONLY_FIELDS
        given = {name: value for name, value in body.items() if name not in ignored}
        return {**given, "status": canonical_status(given["status"])} if "status" in given else given

    def values_equal(self, field: str, one: Any, other: Any) -> bool:
        """Tell whether two values of a field mean the same."""
        form = self.canonical.get(field)
        return one == other or (form is not None and one is not None and other is not None and form(one) == form(other))

    def is_written_alike(self, field: str, local: Any, remote: Any) -> bool:
        """Return whether Buildium's value of a field is what a write of ours makes there.

        Where Buildium completes a value, such as with ids, the two are not the `same`, and theirs is the whole one.
        """
        return self.values_equal(field, local, remote)

    def differs_from_create(self, sent: Fields, shown: Fields) -> tuple[str, ...]:
        """Return the fields that Buildium shows otherwise than a create sent them.

        Fields that only Buildium edits are left out, and what it fills in where nothing was sent.
        """
        names = (name for name in shown if name not in self.remote_owned_fields)
        return tuple(name for name in names if not self._as_sent(name, sent.get(name), shown[name]))

    def sent_with_create(self, fields: Fields) -> Fields:
        """Return the values that a create sends for the fields; the account's defaults are in them already."""
        return fields

    def shows_more(self, sent: Fields, message: Payload) -> bool:
        """Return whether Buildium shows something that no field holds and that the create did not send."""
        return False

    def _as_sent(self, field: str, sent: Any, shown: Any) -> bool:
        """Return whether Buildium shows a value as it was sent, apart from case and white space in a text."""
        is_filled = sent is None and field in self.filled_by_buildium
        is_text = isinstance(sent, str) and isinstance(shown, str)
        return (
            is_filled
            or self.is_written_alike(field, sent, shown)
            or (is_text and casefolded(sent) == casefolded(shown))
        )

    def value_of(self, field: str) -> tuple[str, ...]:
        """Return the names of the fields that are one value with this field, itself included."""
        return next((group for group in self.composites if field in group), (field,))

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of all fields, those that only Buildium edits last."""
        return (*self.model.model_fields, *sorted(self.remote_owned_fields))

    def missing_required(self, fields: Fields) -> tuple[str, ...]:
        """Return the names of required fields that are empty, as in old entities of Buildium's."""
        required = [name for name, field in self.model.model_fields.items() if field.is_required()]
        return tuple(name for name in required if fields.get(name) is None)

    def to_response(self, entity_id: str, fields: Fields, times: Mapping[str, str | None]) -> dict[str, Any]:
        """Return the entity as our API shows it; `times` holds createdAt, updatedAt, deletedAt, or None."""
        shown = {name: times.get(name) for name in ("createdAt", "updatedAt")}
        deleted = {"deletedAt": times["deletedAt"]} if times.get("deletedAt") else {}
        return {"id": entity_id, **{name: fields.get(name) for name in self.field_names}, **shown, **deleted}

    def wrap_response(self, representation: dict[str, Any], sync: dict[str, Any], message: str) -> dict[str, Any]:
        """Return the body that answers a create, a read or an update; an empty `message` is left out."""
        told = {"message": message} if message else {}
        return {**told, to_camel(self.name.replace("-", "_")): representation, "buildiumSync": sync}

    def read_path(self, buildium_id: int) -> str:
        """Return the path that reads one entity."""
        return f"{self.path}/{buildium_id}"

    @property
    def create_path(self) -> str:
        """The path that creates."""
        return self.write_path or self.path

    def update_path(self, buildium_id: int) -> str:
        """Return the path that updates one entity."""
        return f"{self.create_path}/{buildium_id}"

    def auto_created_entities(self, headers: Mapping[str, str]) -> tuple[BuildiumReference, ...]:
        """Return what Buildium made by itself when it created an entity, by the headers of its answer."""
        return ()

    def required_defaults(self, fields: Fields) -> tuple[AccountDefault, ...]:
        """Return the defaults that a create of these fields cannot do without."""
        return tuple(default for default in self.defaults if fields.get(default.field) is None)

    def completed(
        self, fields: Fields, current: Payload, links: Links, value_of: Callable[[AccountDefault], Any]
    ) -> Fields:
        """Return the fields of an update with the defaults that it cannot do without.

        `current` is the entity as just read from Buildium. `value_of` returns the account's value of a default, and
        raises Blocked where there is none. Buildium: an old entity may lack what an update requires.
        """
        shown = self.from_buildium(current, links)
        empty = [each for each in self.required_defaults(fields) if shown.get(each.field, each) is None]
        return {**fields, **{default.field: value_of(default) for default in empty}}

    def auto_created_query(self, buildium_id: int) -> tuple[str, str, Mapping[str, str]] | None:
        """Return the type, path and query that list what `made_along` tells, for a create whose answer was lost."""
        return None

    def full_lists(self, today: date) -> Sequence[Query]:
        """Return the lists that together show every entity, in the order in which they are to be read.

        A job that reads them over several runs passes the day (UTC) on which it began, so that they stay the same.
        """
        return ({},)

    def recent_lists(self, today: date) -> Sequence[Query]:
        """Return those of the lists that show new entities and most changed ones.

        A poll and the search for a lost create read these only.
        """
        return self.full_lists(today)

    def as_created(self, fields: Fields) -> Fields:
        """Return what Buildium has of these fields after a create, which makes an active entity."""
        return {**fields, "status": ACTIVE} if self.status_requests else fields

    def status_path(self, buildium_id: int, status: str) -> str:
        """Return the path of the request that sets the status of one entity."""
        return f"{self.read_path(buildium_id)}/{self.status_requests[status]}"

    def followers(self, buildium_id: int) -> tuple[Followers, ...]:
        """Return the lists of the entities that change along with one entity when `followed_fields` do."""
        return ()

    def local_references(self, fields: Fields) -> tuple[Reference, ...]:
        """Return the local entities that must be in Buildium before this one."""
        named = ((name, kind, value) for name, kind, value in self._named(fields) if isinstance(value, str))
        return tuple(Reference(name, kind, value) for name, kind, value in named)

    def named_by_number(self, fields: Mapping[str, Any]) -> tuple[BuildiumReference, ...]:
        """Return the Buildium entities that fields name by Buildium id. `fields` may be a body, before validation."""
        named = ((kind, value) for _, kind, value in self._named(fields) if is_buildium_id(value))
        return tuple(BuildiumReference(kind, value) for kind, value in named)

    def localized(self, fields: Fields, local_ids: Mapping[tuple[str, int], str]) -> Fields:
        """Return the fields with local ids in place of those Buildium ids whose local ids are known."""
        named = {name: kind for name, kind in self.reference_fields.items() if name in fields}
        return {**fields, **{name: local_reference(fields[name], kind, local_ids) for name, kind in named.items()}}

    def _named(self, fields: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
        """Yield the field, the type and the id of each reference; of a list, of each member."""
        for name, kind in self.reference_fields.items():
            value = fields.get(name)
            for each in value if isinstance(value, list) else [value]:
                yield name, kind, each

    def remote_references(self, message: Payload) -> tuple[BuildiumReference, ...]:
        """Return the Buildium entities that `from_buildium` wants our ids of."""
        return ()

    @abstractmethod
    def to_create(self, fields: Fields, links: Links) -> Payload:
        """Return the message that creates the entity in Buildium. Defaults are in `fields` already.

        Raises SyncBlocked when the entity lacks what Buildium demands and a client may supply later.
        """

    def update_message(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return the PUT of `to_update`, with the values of `current` that this product does not model."""
        return carry_over(self.to_update(fields, current, links), current, self.read_only)

    @abstractmethod
    def to_update(self, fields: Fields, current: Payload, links: Links) -> Payload:
        """Return the fields that update it: `current`, as just read from Buildium, with `fields` laid over.

        Buildium: a PUT replaces the whole entity. What is mapped is taken from `fields`, None included: they are
        merged with `from_buildium(current)` beforehand. Names that are left out are carried over from `current` by
        `update_message`. Raises SyncBlocked as `to_create` does.
        """

    @abstractmethod
    def from_buildium(self, message: Payload, links: Links) -> Fields:
        """Return a Buildium message's content as fields of local.

        A field that Buildium never tells (an owner's date of birth) is absent; one that is empty there is None.
        """

    def with_hidden(self, shown: Fields, *, base: Fields, local: Fields) -> Fields:
        """Return what Buildium shows, with what follows from it for fields whose values Buildium hides.

        `base` is what both sides had, `ours` is what the local entity has. A merge calls this first.
        """
        return shown

    @abstractmethod
    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return what an import compares a local entity with Buildium's by, in JSON's types. Raises KeyError."""

    @abstractmethod
    def is_match(self, message: Payload, key: Mapping[str, Any]) -> bool:
        """Tell whether an entity that Buildium lists is the one that a natural key describes."""

    def _read_only_errors(self, given: Mapping[str, Any], current: Fields | None) -> list[FieldError]:
        values = {**self.default_remote_fields, **(current or {})}
        return [
            FieldError(name, f"{_read_only_reason(name)}; it is {values[name]!r} now")
            for name in sorted(self.remote_owned_fields.keys() & given.keys())
            if not identical(given[name], values[name])
        ]

    def _unstorable(self, given: Mapping[str, Any], fields: Fields, current: Fields) -> list[FieldError]:
        """Return the changes that Buildium has no place for."""
        changed = {
            name: reason
            for name, reason in self.create_only.items()
            if name in given and not self.values_equal(name, fields[name], self._current_value(name, current))
        }
        emptied = {
            name: reason
            for name, reason in self.never_emptied.items()
            if name in given and fields[name] is None and current.get(name) is not None
        }
        return [FieldError(name, reason) for name, reason in {**changed, **emptied}.items()]

    def _current_value(self, name: str, current: Fields) -> Any:
        """Return a field's value; one that came from Buildium and is never told by it has the model's default."""
        return current.get(name, default_of(self.model.model_fields[name]))


def _read_only_reason(name: str) -> str:
    return READ_ONLY if name == "status" else "is set by Buildium"
