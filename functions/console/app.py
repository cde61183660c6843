"""GET /console, /docs and /openapi.json: static files, which hold no data. A page more is a file and its route.

The file of `/console` is `static/console.html`, that of `/console/app.js` is `static/console/app.js`. Swagger UI, which
`/docs` shows the document with, comes with powertools.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aws_lambda_powertools

from buildium_sync.observability import correlated, logger, observed

_STATIC = Path(__file__).parent / "static"
_SWAGGER = Path(aws_lambda_powertools.__file__).parent / "event_handler/openapi/swagger_ui"
_PAGE = ".html"
_TYPES = {
    _PAGE: "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_NOT_FOUND = '{"type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is no such page."}'
# Whatever text an entity holds, nothing but these files is run, shown, framed or called.
_SECURITY = {
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


# Swagger UI sets its styles by script, which needs no leave, has images in its sheet, and makes markup of what
# DOMPurify cleaned.
_SWAGGER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class _File:
    text: str
    media_type: str
    etag: str


@cache
def _read(file: Path) -> _File:
    content = file.read_bytes()
    return _File(content.decode(), _TYPES[file.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _path(file: Path) -> str:
    relative = file.relative_to(_STATIC)
    return f"/{relative.with_suffix('') if file.suffix == _PAGE else relative}"


_FILES = {_path(file): file for file in sorted(_STATIC.rglob("*")) if file.is_file()}
_FILES |= {f"/docs/{name}": _SWAGGER / name for name in ("swagger-ui-bundle.min.js", "swagger-ui.min.css")}


@observed
def lambda_handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer one request of API Gateway's REST proxy integration: 200, 304 for what the browser has, or 404."""
    with correlated(event["requestContext"]["requestId"]):
        path = event["path"]
        if path not in _FILES:
            logger.info("Refused", extra={"status": 404})
            return _response(404, {"Content-Type": "application/problem+json"}, _NOT_FOUND)
        file = _read(_FILES[path])
        # The names stay the same from one deployment to the next: the browser asks each time.
        headers = {"Content-Type": file.media_type, "Cache-Control": "no-cache", "ETag": file.etag}
        if path == "/docs":
            headers["Content-Security-Policy"] = _SWAGGER_POLICY
        if file.etag in _known(event):
            return _response(304, headers, "")
        return _response(200, headers, file.text)


def _known(event: dict[str, Any]) -> set[str]:
    """Return the ETags of what the browser has (RFC 9110, 13.1.2: a weak one will do)."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return {tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")}


def _response(status: int, headers: dict[str, str], body: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": {**_SECURITY, **headers}, "body": body}
