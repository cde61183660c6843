"""How entities of a type are read from Buildium: paths, lists, events, and the mapping to local fields."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar, NamedTuple

from buildium_sync.domain.json_types import Fields, Payload, Query
from buildium_sync.domain.reference_contract import Links


class RelatedEvent(NamedTuple):
    """An event about something else, such as the payment of a bill, that changes entities of a type.

    These entities are read again. `field` is the event's field with their Buildium ids, one or a list; empty for the id
    of the event's subject.

    If that is the id of something else, `path` reads it (`{}` is replaced by the id). `list_field` is then the field of
    the response with the entities.

    `is_same_entity` says that the subject is the entity itself, under the id of another type. An entity without a local
    one is then left to that type.
    """

    field: str = ""
    path: str = ""
    list_field: str = ""
    is_same_entity: bool = False


class InboundContract(ABC):
    """What a type defines about reading. A type must set `path` and `event_subjects`, and define `from_buildium`."""

    path: ClassVar[str]
    """Buildium's path to list and read, relative to the base URL: `/rentals`, `/leases/{parent}/transactions`."""
    event_subjects: ClassVar[frozenset[str]]
    """Webhook event names without the operation, compared whole: `Rental` of `Rental.Updated`."""
    related_events: ClassVar[Mapping[str, RelatedEvent]] = {}
    """Events about something else that change entities of this type, by name without the operation."""
    status_source_field: ClassVar[str | None] = None
    """The field that references the entity whose status this one has, if payloads show no status."""
    updated_since_param: ClassVar[str | None] = "lastupdatedfrom"
    """The query parameter that lists the entities changed since a time, None if Buildium has none."""
    updated_since_is_date_only: ClassVar[bool] = False
    """Whether that parameter ignores the time of day."""

    id_field: ClassVar[str] = "Id"
    """The field of payloads with the id in paths.

    Another field than `Id` has the id of something else, such as a tenant. Several entities may have it then. It is no
    sequence, and it is not linked.
    """
    is_listed: ClassVar[bool] = True
    """Whether lists of the account show every entity. Others are not imported, polled or checked for drift."""

    needs_gl_accounts: ClassVar[bool] = False
    """Whether Buildium's lists require a period and the ids of general ledger accounts (see `ListQueries`)."""

    def is_relevant(self, payload: Payload) -> bool:
        """Return whether an entity that Buildium shows is one of this type. Others are not created locally."""
        return True

    @property
    def has_own_id(self) -> bool:
        """Whether an id identifies one entity of the type."""
        return self.id_field == "Id"

    def identified(self, payload: Payload) -> Payload:
        """Return a payload with the id as `Id`."""
        return payload if self.has_own_id else {**payload, "Id": payload.get(self.id_field)}

    def list_path(self, parent: int | None = None) -> str:
        """Return the path that lists entities. `parent` is the Buildium id that the path contains."""
        return self.path.format(parent=parent)

    def read_path(self, buildium_id: int, parent: int | None = None) -> str:
        """Return the path that reads one entity."""
        return f"{self.list_path(parent)}/{buildium_id}"

    def base_list(self, today: date) -> tuple[str, Query]:
        """Return the path and query of a list that exists in every account. It proves that the base URL is right."""
        root, is_nested, _ = self.path.partition("/{parent}")
        return (root, {}) if is_nested else (self.path, self.recent_lists(today)[0])

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
