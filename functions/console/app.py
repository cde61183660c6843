"""GET /console, /docs and /openapi.json: static files without data.

`static/console.html` is served as `/console`, `static/console/app.js` as `/console/app.js`. A new page needs a file and
a route in the template. Powertools brings the files of Swagger UI, which shows the OpenAPI document at `/docs`.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aws_lambda_powertools

from buildium_sync.gateway_request import request_id
from buildium_sync.observability import correlation_scope, instrumented, logger
from buildium_sync.problem import problem_details

_STATIC = Path(__file__).parent / "static"
_SWAGGER_UI = Path(aws_lambda_powertools.__file__).parent / "event_handler/openapi/swagger_ui"
_SWAGGER_UI_FILES = ("swagger-ui-bundle.min.js", "swagger-ui.min.css")
_HTML = ".html"
_MEDIA_TYPES = {
    _HTML: "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
# Whatever an entity contains, the browser runs and calls only this stage, and no page can frame the console.
_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Swagger UI has data images in its style sheet, and writes HTML that it has sanitized with DOMPurify.
_SWAGGER_UI_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class _StaticFile:
    text: str
    media_type: str
    etag: str


@cache
def _read(file: Path) -> _StaticFile:
    content = file.read_bytes()
    return _StaticFile(content.decode(), _MEDIA_TYPES[file.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _url_path(file: Path) -> str:
    relative = file.relative_to(_STATIC)
    return f"/{relative.with_suffix('') if file.suffix == _HTML else relative}"


_FILES = {_url_path(file): file for file in sorted(_STATIC.rglob("*")) if file.is_file()}
_FILES |= {f"/docs/{name}": _SWAGGER_UI / name for name in _SWAGGER_UI_FILES}


@instrumented
def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle a request from API Gateway's REST proxy integration.

    Returns 200, 304 for a file that the browser has, 400 for a query, or 404.
    """
    with correlation_scope(request_id(event)):
        path = event["path"]
        if path not in _FILES:
            return _problem(404, "Not Found", "Page not found.")
        if parameters := event.get("queryStringParameters"):
            return _problem(400, "Bad Request", "Unknown query parameters.", *sorted(parameters))
        file = _read(_FILES[path])
        # File names stay the same across deployments, so the browser revalidates each time.
        headers = {"Content-Type": file.media_type, "Cache-Control": "no-cache", "ETag": file.etag}
        if path == "/docs":
            headers["Content-Security-Policy"] = _SWAGGER_UI_POLICY
        if file.etag in _cached_etags(event):
            return _response(304, headers, "")
        return _response(200, headers, file.text)


def _cached_etags(event: dict[str, Any]) -> set[str]:
    """Return the ETags of `If-None-Match`. Their comparison is weak (RFC 9110, 13.1.2)."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return {tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")}


def _problem(status: int, title: str, detail: str, *unknown_parameters: str) -> dict[str, Any]:
    logger.info("Request rejected", extra={"status": status})
    body = problem_details(status, title, detail)
    if unknown_parameters:
        body["errors"] = [{"field": name, "message": "Unknown query parameter."} for name in unknown_parameters]
    return _response(status, {"Content-Type": "application/problem+json"}, json.dumps(body))


def _response(status: int, headers: dict[str, str], body: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": {**_SECURITY_HEADERS, **headers}, "body": body}
