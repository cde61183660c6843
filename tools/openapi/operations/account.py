"""Operations on the Buildium account."""

from tools.openapi import requests
from tools.openapi.operations.operation import Operation, Response, Routes
from tools.openapi.problems import OF_IDS
from tools.openapi.responses import account as responses

TAG = "account"
TAG_DESCRIPTION = "The Buildium account, read on request."

ROUTES: Routes = {
    ("GET", "/api/buildium/connection"): Operation(
        "getConnection",
        "Get the state of the connection to Buildium",
        "Checks what the stack needs, with at most 20 calls to Buildium and without writes. Each finding has a remedy.",
        TAG,
        {200: Response("The findings.", responses.Connection)},
    ),
    ("GET", "/api/reference/{list}"): Operation(
        "listReferences",
        "List choices of the Buildium account",
        "Returns `gl-accounts`, `users`, `vendor-categories`, `task-categories` or `bank-accounts` with their Buildium "
        "ids. A list is cached for ten minutes.",
        TAG,
        {200: Response("The list.", responses.References)},
        OF_IDS | {502},
        query=requests.ReferenceQuery,
    ),
}
