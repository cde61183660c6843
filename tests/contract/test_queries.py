"""Buildium's document has every list, read and count that the product requests."""

from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

import pytest

from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Query
from buildium_sync.entity_types.registry import all_types
from buildium_sync.reconcile.list_queries import ListQueries, updated_since_query
from tests.contract.document import validate_request
from tests.contract.location import MISSING, find_document

pytestmark = [
    pytest.mark.skipif(find_document() is None, reason=MISSING),
    pytest.mark.parametrize("entity_type", all_types(), ids=lambda entity_type: entity_type.name),
]

PAGING: Query = {"orderby": "Id", "limit": "1000", "offset": "1999"}
TODAY = date(2026, 2, 28)


class GlAccounts:
    """A client that knows two general ledger accounts."""

    def pages(self, path: str, query: Query) -> list[list[dict[str, Any]]]:
        validate_get(path, {**query, **PAGING})
        return [[{"Id": 301, "SubAccounts": [{"Id": 302}]}]]


def validate_get(path: str, query: Query) -> None:
    validate_request("GET", f"/v1{path}", query=urlencode(query, doseq=True))


def test_list_queries_of_every_entity_type_match_the_document(entity_type: EntityType) -> None:
    lists = ListQueries(cast("Any", GlAccounts()), 730)
    for query in (*lists.full(entity_type, TODAY), *lists.recent(entity_type, TODAY)):
        validate_get(entity_type.list_path(5), {**query, **updated_since_query(entity_type, 1_795_356_000.0), **PAGING})


def test_read_paths_of_every_entity_type_match_the_document(entity_type: EntityType) -> None:
    validate_get(entity_type.read_path(7, 5), {})
    for related in entity_type.related_events.values():
        if related.path:
            validate_get(related.path.format(7), {})


def test_default_follower_and_auto_created_queries_match_the_document(entity_type: EntityType) -> None:
    for default in entity_type.defaults:
        validate_get(default.path, {**default.query, "orderby": "Id", "limit": "2"})
    for followers in entity_type.followers(7, {"unitNumber": "12B"}):
        validate_get(followers.path, {**followers.query, **PAGING})
    made_along = entity_type.auto_created_query(7)
    if made_along is not None:
        _, path, query = made_along
        validate_get(path, {**query, **PAGING})
