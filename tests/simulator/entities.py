"""Operations on the account's entities, by API payloads and by people in Buildium."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from datetime import UTC, datetime

from tests.simulator.entity_type import EntityType
from tests.simulator.errors import Problem, RejectedError, unprocessable
from tests.simulator.model import Change, Json, Record
from tests.simulator.state import State
from tests.simulator.validation import Scope, Shape, check_shape


class Entities:
    """The account's entities with the rules of their types. `state.transaction` reports changes."""

    def __init__(
        self,
        types: Mapping[str, EntityType],
        state: State,
        strict_keys: bool = True,
        strict_states: bool = False,
        views: Iterable[EntityType] = (),
        strict_bill_lists: bool = True,
    ) -> None:
        self.types = types
        self.collections = {entity_type.path: entity_type for entity_type in (*types.values(), *views)}
        self.state = state
        self.strict_keys = strict_keys
        self.strict_states = strict_states
        self.strict_bill_lists = strict_bill_lists

    def create(self, entity_type: EntityType, body: Json, parent_id: int | None = None) -> tuple[Record, Record | None]:
        """POST: the new record, and the record in the `Link` header, if any.

        Raises: RejectedError: 404, there is no such parent; 422, the payload violates a rule.
        """
        self.check_parent(entity_type, parent_id)
        self._check_shape(entity_type.post or {}, body)
        body = entity_type.placed(body, parent_id)
        self._check_rules(entity_type, body, None)
        public = entity_type.settle(self.state, entity_type.read(body, None))
        record = self.state.insert(entity_type.name, public, entity_type.private_part(body))
        return record, entity_type.after_create(self.state, record, body)

    def replace(self, entity_type: EntityType, record: Record, body: Json) -> None:
        """PUT: the payload replaces the entity.

        Raises: RejectedError: 422, the payload violates a rule.
        """
        self._check_shape(entity_type.put or {}, body)
        body = entity_type.placed(body, record.public.get(entity_type.parent_key))
        self._check_rules(entity_type, body, record)
        public = entity_type.settle(self.state, entity_type.read(body, record.public))
        self.state.update(record, public, entity_type.private_part(body))

    def patch(self, entity_type: EntityType, record: Record, body: Json) -> None:
        """PATCH: changes the fields in the payload and keeps all others.

        Raises: RejectedError: 422, the payload or the result violates a rule.
        """
        self._check_shape(entity_type.patch or {}, body)
        self.replace(entity_type, record, entity_type.patched(record.public, body))

    def _check_rules(self, entity_type: EntityType, body: Json, current: Record | None) -> None:
        problems = entity_type.rules(self.state, body, current)
        if problems:
            raise unprocessable(problems)

    def _check_shape(self, shape: Shape, body: Json) -> None:
        today = datetime.fromtimestamp(self.state.clock(), UTC).date()
        scope = Scope(self.state.exists, today, self.strict_keys, self.strict_states)
        problems = check_shape(shape, body, scope)
        if problems:
            raise unprocessable(problems)

    def find(self, type_name: str, entity_id: int) -> Record:
        """The record.

        Raises: RejectedError: 404.
        """
        record = self.state.find(self.type_named(type_name).name, entity_id)
        if record is None:
            raise RejectedError(404, f"There is no {type_name} {entity_id}.")
        return record

    def check_parent(self, entity_type: EntityType, parent_id: int | None) -> None:
        """Check that the parent of a nested collection exists.

        Raises: RejectedError: 404.
        """
        if parent_id is not None:
            self.find(entity_type.parent, parent_id)

    def find_at(self, entity_type: EntityType, entity_id: int, parent_id: int | None = None) -> Record:
        """The record at the path of a type or a view, below its parent if it has one.

        Raises: RejectedError: 404.
        """
        self.check_parent(entity_type, parent_id)
        record = self._find_by_path(entity_type, entity_id, parent_id)
        is_elsewhere = parent_id is not None and record.public[entity_type.parent_key] != parent_id
        if is_elsewhere or not entity_type.holds(self.state, record):
            raise RejectedError(404, f"There is no {entity_type.path}/{entity_id}.")
        return record

    def _find_by_path(self, entity_type: EntityType, path_id: int, parent_id: int | None) -> Record:
        if not entity_type.path_key:
            return self.find(entity_type.name, path_id)
        siblings = self.state.having(entity_type.name, entity_type.parent_key, parent_id)
        named = [record for record in siblings if entity_type.path_id(record) == path_id]
        if not named:
            raise RejectedError(404, f"There is no {entity_type.path}/{path_id}.")
        return named[0]

    def remove(self, record: Record) -> None:
        """Delete an entity with its dependent entities."""
        self.types[record.type_name].after_delete(self.state, record)
        self.state.remove(record)

    def type_named(self, name: str) -> EntityType:
        """The type.

        Raises: RejectedError: 404.
        """
        if name not in self.types:
            raise RejectedError(404, f"The simulator has no type {name}: {', '.join(self.types)}.")
        return self.types[name]

    def present(self, record: Record, view: EntityType | None = None) -> Json:
        """A copy of the entity as in the response of its type or view."""
        return deepcopy((view or self.types[record.type_name]).present(self.state, record))

    def seed(self) -> None:
        """Create the entities that every account has."""
        with self.state.transaction():
            for entity_type in self.types.values():
                for public in entity_type.seeds:
                    self.state.insert(entity_type.name, deepcopy(public))

    def add_by_person(self, type_name: str, fields: Json) -> tuple[Json, list[Change]]:
        """Create an entity as a person does: response fields, and the parent's id, over the type's empty ones."""
        entity_type = self.type_named(type_name)
        with self.state.transaction() as changes:
            blank = entity_type.placed(deepcopy(entity_type.blank), 0)
            public = entity_type.settle(self.state, _merged(entity_type, blank, fields))
            record = self.state.insert(type_name, public)
            entity_type.after_create(self.state, record, {})
            return self.present(record), changes

    def edit_by_person(self, type_name: str, entity_id: int, fields: Json) -> tuple[Json, list[Change]]:
        """Edit an entity as a person does: response fields are merged, nested objects too."""
        with self.state.transaction() as changes:
            record = self.find(type_name, entity_id)
            entity_type = self.types[type_name]
            public = entity_type.settle(self.state, _merged(entity_type, deepcopy(record.public), fields))
            self.state.update(record, public)
            return self.present(record), changes

    def delete_by_person(self, type_name: str, entity_id: int) -> list[Change]:
        """Delete an entity as a person does, with its dependent entities."""
        with self.state.transaction() as changes:
            self.remove(self.find(type_name, entity_id))
            return changes

    def dump(self) -> dict[str, list[Json]]:
        """Every entity by type, as in responses, with the keys that are never returned under `_private`."""
        with self.state.transaction():
            return {
                name: [{**self.present(r), "_private": r.private} for r in self.state.all(name)] for name in self.types
            }


def _merged(entity_type: EntityType, public: Json, fields: Json) -> Json:
    unknown = [Problem(key, f"{key} is not read from {entity_type.name}.") for key in fields if key not in public]
    if unknown:
        raise unprocessable(unknown)
    for key, value in fields.items():
        both = isinstance(public[key], dict) and isinstance(value, dict)
        public[key] = {**public[key], **value} if both else value
    return public
