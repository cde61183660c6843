"""Operations on the failed calls to Buildium."""

from tools.openapi import requests
from tools.openapi.operations.operation import Operation, Response, Routes
from tools.openapi.problems import OF_QUERIES
from tools.openapi.responses.calls import FailedCalls

TAG = "calls"
TAG_DESCRIPTION = "Calls to Buildium that failed in the last 14 days."
ROUTES: Routes = {
    ("GET", "/api/buildium/calls"): Operation(
        "listOtherCalls",
        "List the failed Buildium calls for no entity",
        "Returns the failed Buildium calls of polls, imports and other work without a local entity, newest first.",
        TAG,
        {200: Response("A page of failed calls.", FailedCalls)},
        OF_QUERIES,
        query=requests.PageQuery,
    ),
}
