"""Operations on the entities of one collection."""

from pydantic.alias_generators import to_pascal

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.entity_types.registry import by_collection
from tools.openapi import requests
from tools.openapi.headers import ETAG, IDEMPOTENCY_KEY, IDEMPOTENT_REPLAYED, IF_MATCH, PREFER, PREFERENCE_APPLIED
from tools.openapi.names import schema_name, with_article
from tools.openapi.operations.operation import Operation, Response, Routes
from tools.openapi.problems import OF_BODIES, OF_IDS, OF_QUERIES
from tools.openapi.responses.batches import BatchResults
from tools.openapi.responses.calls import FailedCalls
from tools.openapi.responses.erasures import ErasureResponse
from tools.openapi.responses.syncs import History
from tools.openapi.shapes import Shapes

UPDATE = ("PUT", "/api/{collection}/{entity_id}")
BATCH = ("POST", "/api/{collection}/batch")
PUT_BY_EXTERNAL_ID = ("PUT", "/api/{collection}/external-id/{external_id}")
ERASE = ("POST", "/api/{collection}/{entity_id}/erasure")
READ_ONLY_WRITES = (UPDATE, PUT_BY_EXTERNAL_ID, ERASE)
_UPDATE = (
    "Updates the fields in the body and syncs them to Buildium. null clears a field; other fields keep their values. A "
    "change of `externalId` only is not sent to Buildium."
)
_READ_ONLY_UPDATE = "Sets or clears the `externalId`. Only Buildium changes the other fields."


def of_nested_route(shapes: Shapes) -> Routes:
    """Return the route that creates an entity of one type below another entity, if the type has one."""
    entity_type, route = shapes.entity_type, shapes.entity_type.nested_route
    if route is None:
        return {}
    words, above = entity_type.name.replace("-", " "), by_collection(route.collection)
    is_keyed = entity_type.requires_idempotency_key or entity_type.unique_field is None
    deletion = _deletion(shapes, words, above) if entity_type.is_deletable else {}
    return deletion | {
        ("POST", route.path): Operation(
            f"create{schema_name(entity_type)}Of{schema_name(above)}",
            f"Create {with_article(entity_type)} of {with_article(above)}",
            f"As `POST /api/{entity_type.collection}`, with the id of the path as `{route.field}`.",
            entity_type.collection,
            {201: _created(shapes, words)},
            OF_BODIES | OF_IDS | {409},
            body=shapes.nested,
            headers=(PREFER, IDEMPOTENCY_KEY) if is_keyed else (PREFER,),
        )
    }


def _deletion(shapes: Shapes, words: str, above: EntityType) -> Routes:
    """Return the route that deletes an entity below another one."""
    entity_type, route = shapes.entity_type, shapes.entity_type.nested_route
    path = f"{route.path}/{{nested_id}}" if route else ""
    return {
        ("DELETE", path): Operation(
            f"delete{schema_name(entity_type)}Of{schema_name(above)}",
            f"Delete {with_article(entity_type)} of {with_article(above)}",
            f"Marks the {words} for deletion, deletes it in Buildium, and waits for the result for a few seconds. The "
            "status is then `deleted`. A repeated request has the same result; it tries a failed deletion again.",
            entity_type.collection,
            {
                200: Response(
                    f"The {words} is marked for deletion. `buildiumSync` has the result of its sync.",
                    shapes.response,
                    (ETAG, PREFERENCE_APPLIED),
                )
            },
            OF_IDS,
            headers=(PREFER,),
        )
    }


def _created(shapes: Shapes, words: str) -> Response:
    return Response(
        f"The {words} is stored. `buildiumSync` has the result of its sync.",
        shapes.response,
        (ETAG, PREFERENCE_APPLIED, IDEMPOTENT_REPLAYED),
    )


def of_collection(shapes: Shapes) -> Routes:
    """Return the routes of one type's collection, under the paths that the api function has for any collection."""
    entity_type = shapes.entity_type
    tag, words = entity_type.collection, entity_type.name.replace("-", " ")
    one, many = schema_name(entity_type), to_pascal(entity_type.collection.replace("-", "_"))
    plural = entity_type.collection.replace("-", " ")
    a_word = with_article(entity_type)
    return {
        ("GET", "/api/{collection}"): Operation(
            f"list{many}",
            f"List {plural}",
            f"Returns a page of {plural}, in order of creation. A filter returns those that match; filters "
            "cannot be combined. Only filters by `externalId` and `buildiumId` are never a few seconds late.",
            tag,
            {200: Response(f"A page of {plural}.", shapes.page)},
            OF_QUERIES,
            query=requests.list_query(entity_type),
        ),
        ("POST", "/api/{collection}"): Operation(
            f"create{one}",
            f"Create {a_word}",
            f"Stores the {words}, syncs it to Buildium, and waits for the result for a few seconds.",
            tag,
            {201: _created(shapes, words)},
            OF_BODIES | {409},
            body=shapes.creates,
            headers=(PREFER, IDEMPOTENCY_KEY),
        ),
        BATCH: Operation(
            f"write{many}",
            f"Create or update several {plural}",
            "Creates each item, or updates the entity with its `externalId`. Returns a result for each item in order, "
            "without waiting for the syncs. Repeat items with the status 503.",
            tag,
            {200: Response("The results of the items.", BatchResults)},
            OF_BODIES | OF_IDS,
            body=shapes.batch,
        ),
        PUT_BY_EXTERNAL_ID: Operation(
            f"put{one}",
            f"Create or update {a_word} by its external id",
            f"Creates the {words}, or updates the one with the external id. A repeated request creates no second one.",
            tag,
            {
                200: Response(f"The {words} is updated.", shapes.response, (ETAG, PREFERENCE_APPLIED)),
                201: Response(f"The {words} is created.", shapes.response, (ETAG, PREFERENCE_APPLIED)),
            },
            OF_BODIES | OF_IDS | {409, 412},
            body=shapes.changes,
            headers=(PREFER, IF_MATCH),
        ),
        ("GET", "/api/{collection}/{entity_id}"): Operation(
            f"get{one}",
            f"Get {a_word}",
            f"Returns the {words} and the state of its sync.",
            tag,
            {200: Response(f"The {words}.", shapes.response, (ETAG,))},
            OF_IDS,
        ),
        UPDATE: Operation(
            f"update{one}",
            f"Update {a_word}",
            _READ_ONLY_UPDATE if entity_type.is_read_only else _UPDATE,
            tag,
            {
                200: Response(
                    f"The {words} is updated. `buildiumSync` has the result of its sync.",
                    shapes.response,
                    (ETAG, PREFERENCE_APPLIED),
                )
            },
            OF_BODIES | OF_IDS | {409, 412},
            body=shapes.changes,
            headers=(PREFER, IF_MATCH),
        ),
        ("GET", "/api/{collection}/{entity_id}/history"): Operation(
            f"get{one}History",
            f"List the change history of {a_word}",
            "Returns the values that writes replaced in the last year, newest first.",
            tag,
            {200: Response("A page of the change history.", History)},
            OF_QUERIES | OF_IDS,
            query=requests.PageQuery,
        ),
        ("GET", "/api/{collection}/{entity_id}/calls"): Operation(
            f"list{one}Calls",
            f"List the failed Buildium calls for {a_word}",
            f"Returns the Buildium calls for the {words} that failed in the last 14 days, newest first. Request and "
            "response are redacted.",
            tag,
            {200: Response("A page of failed calls.", FailedCalls)},
            OF_QUERIES | OF_IDS,
            query=requests.PageQuery,
        ),
        ("GET", "/api/{collection}/{entity_id}/erasure"): Operation(
            f"get{one}Erasure",
            f"Get the erasure of {a_word}",
            f"Returns the last erasure of the {words}.",
            tag,
            {200: Response("The last erasure.", ErasureResponse)},
            OF_IDS,
        ),
        ERASE: Operation(
            f"start{one}Erasure",
            f"Start the erasure of {a_word}",
            f"Starts to erase the personal data of the {words}, also in its history. Erase it in Buildium first. A "
            "repeated request returns the same erasure. It takes at least two minutes, and cannot be undone.",
            tag,
            {202: Response("The erasure has started, or was requested before.", ErasureResponse)},
            OF_IDS,
        ),
    }
