"""The table of the routes, from the OpenAPI document. The routes of one collection stand for those of all."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tools.docs.markdown import table
from tools.local_cloud.paths import ROOT

_DOCUMENT = ROOT / "functions/console/static/openapi.json"
_GENERIC = {
    "/api/properties": "/api/{collection}",
    "/{entity_id}": "/{id}",
    "/{event_id}": "/{id}",
    "properties": "entities",
    "property": "entity",
}
#: Any route can return these.
_COMMON_STATUSES = {"400", "403", "413", "415", "429", "500", "502", "503", "504"}
_SHOWN = ("/api/properties", "/api/balances", "/api/changes", "/api/buildium", "/api/reference", "/api/webhooks")
_METHODS = ("get", "post", "put")


def routes_table() -> str:
    """Return one row per route."""
    rows = [
        [f"`{_generic(f'{method.upper()} {path}{_query(operation)}')}`", _purpose(operation), _statuses(operation)]
        for path, method, operation in _operations()
    ]
    return table(["route", "purpose", "status codes"], rows)


def _operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    paths = json.loads(_DOCUMENT.read_text())["paths"]
    kept = [path for path in paths if path.startswith(_SHOWN) or path.endswith("/balance")]
    for path in sorted(kept, key=lambda path: not path.startswith("/api/properties")):
        yield from ((path, method, paths[path][method]) for method in _METHODS if method in paths[path])


def _query(operation: Mapping[str, Any]) -> str:
    names = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
    return f"?{'&'.join(f'{name}=' for name in names)}" if names else ""


def _purpose(operation: Mapping[str, Any]) -> str:
    return _generic(operation["description"].replace("\n", " ").replace("|", "\\|"))


def _statuses(operation: Mapping[str, Any]) -> str:
    return ", ".join(status for status in operation["responses"] if status not in _COMMON_STATUSES)


def _generic(text: str) -> str:
    for old, new in _GENERIC.items():
        text = text.replace(old, new)
    return text
