"""How an entity is recognized in Buildium without its id: after a lost create, and by an import."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from buildium_sync.domain.field_contract import FieldContract
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import casefolded
from buildium_sync.domain.reference_contract import Links


class IdentificationContract(FieldContract):
    """What a type defines about recognizing its entities.

    A type must set `review_fields` and `identifying_fields`, and define `natural_key` and `is_match`.
    """

    exact_match_fields: ClassVar[tuple[str, ...]] = ()
    """Parts of a natural key that are equal for every match. Only entities with equal parts are compared."""
    name: ClassVar[str]
    """The name in `entityType`: `property`, `bank-account`."""
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
    distinguishing_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that are not compared, but that show which of several equal creates made an entity."""
    filled_by_buildium: ClassVar[frozenset[str]] = frozenset()
    """Fields that Buildium fills in if a create leaves them out."""

    id_space: ClassVar[str] = ""
    """The name of the sequence of Buildium ids that several types share, empty for a sequence of its own."""
    waits_for_visibility: ClassVar[bool] = False
    """Whether a lost create is searched for only after its result must be visible.

    An equal entity of another origin then cannot be mistaken for a result that is not visible yet.
    """
    detail_path: ClassVar[str] = ""
    """The path that shows `LastUpdatedDateTime` of one entity, if lists show no time. `{}` is the Buildium id."""

    @property
    def highest_id_name(self) -> str:
        """The name under which the highest Buildium id is stored."""
        return self.id_space or self.name

    @abstractmethod
    def natural_key(self, fields: Fields, links: Links) -> dict[str, Any]:
        """Return the JSON value that identifies an entity without ids. Raises KeyError if a reference is not linked."""

    @abstractmethod
    def is_match(self, payload: Payload, key: Mapping[str, Any]) -> bool:
        """Return whether an entity of a Buildium list has this natural key."""

    def results_from_write(self, field: str, local: Any, remote: Any) -> bool:
        """Return whether Buildium's value of a field is the result of a write of the local value.

        Buildium completes some values, for example with ids. Such a value is not equal to the local one, and it
        replaces it.
        """
        return self.values_equal(field, local, remote)

    def is_of_other_create(self, sent: Fields, shown: Fields) -> bool:
        """Return whether an immutable field has another value in Buildium than a create sent."""
        fixed = [name for name in self.immutable_fields if sent.get(name) is not None]
        return any(not self.values_equal(name, sent[name], shown[name]) for name in fixed)

    def fields_changed_since_create(self, sent: Fields, shown: Fields) -> tuple[str, ...]:
        """Return the fields whose value in Buildium differs from the one that a create sent.

        Not compared are remote-owned fields, and fields that Buildium fills in if a create leaves them out.
        """
        names = (name for name in shown if name not in self.remote_owned_fields)
        return tuple(name for name in names if not self._is_as_sent(name, sent.get(name), shown[name]))

    def sent_with_create(self, fields: Fields) -> Fields:
        """Return the values that a create of these fields sends. Account defaults are in them already."""
        return fields

    def has_unsent_values(self, sent: Fields, payload: Payload, links: Links) -> bool:
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
