"""The change history of an entity, with the names of operators."""

from typing import Any

from buildium_sync.api.entity_service import EntityService
from buildium_sync.domain.change_record import to_response
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.operator import OperatorNames, names_of


class ChangeHistory:
    """Reads change histories."""

    def __init__(self, entities: EntityService, operator_names: OperatorNames) -> None:
        self._entities = entities
        self._operator_names = operator_names

    def page(self, entity_type: EntityType, entity_id: str, *, limit: int, cursor: str | None) -> dict[str, Any]:
        """Return one page of an entity's history, newest first.

        Raises NotFound, and MalformedRequest for a cursor of another history.
        """
        entries, next_cursor = self._entities.history(entity_type, entity_id, limit=limit, cursor=cursor)
        names = names_of(self._operator_names, (each.api_key_id for each in entries))
        items = [to_response(each, names.get(each.api_key_id)) for each in entries]
        return {"items": items, "nextCursor": next_cursor}
