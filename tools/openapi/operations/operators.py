"""Operations on operators."""

from tools.openapi.operations.operation import Operation, Response, Routes
from tools.openapi.responses.operators import CallerResponse

TAG = "operators"
TAG_DESCRIPTION = "People with an API key of their own."

ROUTES: Routes = {
    ("GET", "/api/buildium/operator"): Operation(
        "getOperator",
        "Get the permissions of the API key",
        "Returns the name and role of the API key, and what it may do.",
        TAG,
        {200: Response("The permissions.", CallerResponse)},
    ),
}
