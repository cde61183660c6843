"""The fields of an entity type, and the rules for what a client may set."""

from abc import ABC
from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any, ClassVar, get_args

from buildium_sync.domain.entity_model import EntityModel, default_of, identical, merge_and_validate, validated
from buildium_sync.domain.entity_status import ACTIVE, READ_ONLY, STATUS, canonical_status
from buildium_sync.domain.json_types import Fields
from buildium_sync.errors import FieldError, InvalidFields

Normalizers = Mapping[str, Callable[[Any], Any]]
"""Per field, a function whose results are equal for two spellings of a value (`US`, `United States`)."""

READ_ONLY_FIELDS = frozenset(
    {"id", "version", "createdAt", "updatedAt", "deletionRequestedAt", "deletedAt", "buildiumSync"}
)
"""Names in responses that are not fields. A client may send them back; they are ignored."""


class FieldContract(ABC):
    """What a type defines about its fields. A type must set `model`."""

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
    create_only: ClassVar[Mapping[str, str]] = {}
    """Fields that Buildium accepts with a create only, and the error for a client that changes one."""
    not_removable: ClassVar[Mapping[str, str]] = {}
    """Fields that an update cannot empty in Buildium, and the error for a client that sets one to null."""
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields whose values are stored in no change history and in no conflict."""

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

    def composite_of(self, field: str) -> tuple[str, ...]:
        """Return the names of the fields that form one value with this field, including itself."""
        return next((group for group in self.composites if field in group), (field,))

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of all fields, the remote-owned ones last."""
        return (*self.model.model_fields, *sorted(self.remote_owned_fields))

    def is_nullable(self, name: str) -> bool:
        """Return whether a field may be null."""
        field = self.model.model_fields.get(name)
        if field is None:
            return name in self.default_remote_fields and self.default_remote_fields[name] is None
        return NoneType in get_args(field.annotation)

    def missing_required(self, fields: Fields) -> tuple[str, ...]:
        """Return the names of empty required fields. Old Buildium entities may have some."""
        required = [name for name, field in self.model.model_fields.items() if field.is_required()]
        return tuple(name for name in required if fields.get(name) is None)

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
