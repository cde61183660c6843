"""Operations on the change feed."""

from tools.openapi import requests
from tools.openapi.operations.operation import Operation, Response, Routes
from tools.openapi.problems import OF_IDS, OF_QUERIES
from tools.openapi.responses import changes as responses

TAG = "changes"
TAG_DESCRIPTION = "Changes of entities and of their syncs, whatever caused them."

ROUTES: Routes = {
    ("GET", "/api/changes"): Operation(
        "listChanges",
        "List changes",
        "Returns a page of the changes of the last 90 days, oldest first. Each entity's changes are in order. Follow "
        "`nextCursor` to get every later change.",
        TAG,
        {200: Response("A page of changes.", responses.Changes)},
        OF_QUERIES | OF_IDS | {410},
        query=requests.ChangeQuery,
    ),
}
