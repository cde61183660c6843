"""Operations of the console and the documentation."""

from typing import Any

from tools.openapi.operations.operation import Operation, Response, Routes
from tools.openapi.problems import OF_IDS

TAG = "pages"
TAG_DESCRIPTION = "The console and the documentation of the API."


def _page(description: str, body: Any = str) -> dict[int, Response]:
    return {200: Response(description, body), 304: Response("The client's copy is current.")}


ROUTES: Routes = {
    ("GET", "/console"): Operation(
        "getConsole",
        "Get the console",
        "Returns the web page that operators use. It asks for the API key.",
        TAG,
        _page("The page of the console."),
        media_types=("text/html",),
        needs_key=False,
    ),
    ("GET", "/console/{file}"): Operation(
        "getConsoleFile",
        "Get a file of the console",
        "Returns a script, style sheet or image of the console.",
        TAG,
        _page("The file."),
        OF_IDS,
        media_types=("text/css", "text/javascript", "image/svg+xml"),
        needs_key=False,
    ),
    ("GET", "/docs"): Operation(
        "getDocs",
        "Get the documentation page",
        "Returns the web page that shows this document with Swagger UI.",
        TAG,
        _page("The documentation page."),
        media_types=("text/html",),
        needs_key=False,
    ),
    ("GET", "/docs/{file}"): Operation(
        "getDocsFile",
        "Get a file of the documentation page",
        "Returns a script or style sheet of the documentation page.",
        TAG,
        _page("The file."),
        OF_IDS,
        media_types=("text/css", "text/javascript"),
        needs_key=False,
    ),
    ("GET", "/openapi.json"): Operation(
        "getOpenApi",
        "Get the OpenAPI document",
        "Returns this document.",
        TAG,
        _page("The OpenAPI document.", dict[str, Any]),
        needs_key=False,
    ),
}
