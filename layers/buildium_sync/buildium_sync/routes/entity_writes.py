"""What the routes that write entities have in common: a create, and the response with the outcome of the sync."""

from typing import Any

from buildium_sync.composition.api import ApiComposition

from aws_lambda_powertools.event_handler import Response

from buildium_sync.api import parsing
from buildium_sync.api.stored_entity import StoredEntity
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.sync_status import FINAL
from buildium_sync.errors import MalformedRequest
from buildium_sync.routes.current_request import Request
from buildium_sync.routes.route_responses import json_response
from buildium_sync.store.idempotency_keys import IdempotencyKey

services = ApiComposition.current


def create_entity(request: Request, entity_type: EntityType, body: dict[str, Any]) -> Response[str]:
    """Create an entity once for each Idempotency-Key, and return it with the outcome of its sync.

    Raises MalformedRequest without a key for a type that requires one.
    """
    message = f"{title_of(entity_type)} created successfully"
    key = parsing.parse_idempotency_key(request.header_lines("Idempotency-Key"))
    entities, author = services().entities, request.written_by()
    if entity_type.unique_field is None and key is not None:
        create_key = IdempotencyKey.of(request.api_key, entity_type.name, key, body)
        stored, exists = entities.create_idempotent(entity_type, body, author, create_key)
    elif entity_type.unique_field is None and entity_type.requires_idempotency_key:
        raise MalformedRequest.of(
            "Idempotency-Key",
            f"is required to create a {entity_type.name}: a repeated request must not post it twice.",
        )
    else:
        stored, exists = entities.create_by_type(entity_type, body, author)
    return entity_response(request, 201, stored, message, {"Idempotent-Replayed": "true"} if exists else None)


def entity_response(
    request: Request, status: int, stored: StoredEntity, message: str, more: dict[str, str] | None = None
) -> Response[str]:
    """Return an entity. Waits for the outcome of its sync as long as the request's `Prefer` header says.

    It does not wait while too many requests wait.
    """
    settings = services().settings
    preference = parsing.parse_preference(request.preference, settings.sync_wait_seconds)
    # While nothing is sent there is no outcome to wait for.
    stopped = services().system_status.stopping(stored.entity_type.name)
    wanted = 0 if stopped or stored.sync.status in FINAL else preference.wait
    with services().waiting(wanted) as seconds:
        stored = services().entities.wait_for_sync(stored, seconds)
    headers = {"ETag": parsing.etag(stored.entity.version), **(more or {})}
    if preference.applied and seconds == wanted:
        headers["Preference-Applied"] = preference.applied
    return json_response(status, stored.to_response(message, stopped), headers)


def title_of(entity_type: EntityType) -> str:
    """Return the name of a type at the start of a message."""
    return entity_type.name.replace("-", " ").capitalize()
