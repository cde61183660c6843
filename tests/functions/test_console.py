"""The console function, invoked as by API Gateway."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from functions.console import app
from tests.harness.events import Context

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "functions/console/static"
CONSOLE_EVENT = json.loads((ROOT / "events/console-console.json").read_text())
CONSOLE_FILES = sorted(f"/console/{file.name}" for file in (STATIC / "console").iterdir())
MAX_RESPONSE_BYTES = 6 * 1024 * 1024
IMPORT = re.compile(r'from "\./([a-z-]+\.js)"')


def get(path: str = "/console", headers: dict[str, str] | None = None) -> dict[str, Any]:
    return dict(app.lambda_handler({**CONSOLE_EVENT, "path": path, "headers": headers}, Context()))


def test_the_console_page_is_revalidated_on_every_visit() -> None:
    response = app.lambda_handler(CONSOLE_EVENT, Context())
    assert response["statusCode"] == 200
    assert response["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert response["headers"]["Cache-Control"] == "no-cache"
    assert response["body"] == (STATIC / "console.html").read_text()


def test_every_file_that_the_page_names_is_served() -> None:
    named = re.findall(r'(?:href|src)="(console/[^"]+)"', (STATIC / "console.html").read_text())
    imported = {f"console/{name}" for file in STATIC.rglob("*.js") for name in IMPORT.findall(file.read_text())}
    for path in {*named, *imported}:
        assert get(f"/{path}")["statusCode"] == 200
    assert {f"/{path}" for path in {*named, *imported}} == set(CONSOLE_FILES)


def test_the_documentation_is_served_with_the_swagger_ui_of_powertools() -> None:
    named = re.findall(r'(?:href|src)="(docs/[^"]+)"', (STATIC / "docs.html").read_text())
    responses = {path: get(f"/{path}") for path in named}
    assert {response["statusCode"] for response in responses.values()} == {200}
    assert "SwaggerUIBundle" in responses["docs/swagger-ui-bundle.min.js"]["body"]
    assert len(responses["docs/swagger-ui-bundle.min.js"]["body"].encode()) < MAX_RESPONSE_BYTES
    assert ".swagger-ui" in responses["docs/swagger-ui.min.css"]["body"]


@pytest.mark.parametrize(
    ("case", "content_type"), [("docs", "text/html; charset=utf-8"), ("openapi", "application/json")]
)
def test_each_page_has_an_example_event(case: str, content_type: str) -> None:
    response = app.lambda_handler(json.loads((ROOT / f"events/console-{case}.json").read_text()), Context())
    assert (response["statusCode"], response["headers"]["Content-Type"]) == (200, content_type)


def test_the_documentations_policy_allows_only_its_own_stage() -> None:
    policy = dict(part.strip().split(" ", 1) for part in get("/docs")["headers"]["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'",
        "img-src": "'self' data:", "connect-src": "'self'", "base-uri": "'none'", "form-action": "'none'",
        "frame-ancestors": "'none'",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/console", "/docs", "/openapi.json", "/docs/swagger-ui.min.css", *CONSOLE_FILES])
def test_a_cached_file_is_not_sent_again(path: str) -> None:
    response = get(path)
    etag = response["headers"]["ETag"]
    for known in (etag, f'"other", W/{etag}'):
        cached = get(path, {"if-none-match": known})
        assert (cached["statusCode"], cached["body"], cached["headers"]["ETag"]) == (304, "", etag)
    assert get(path, {"If-None-Match": '"other"'})["statusCode"] == 200


@pytest.mark.parametrize("path", ["/console", "/console/app.js", "/console/console.css", "/console/unknown"])
def test_the_consoles_policy_allows_only_its_own_files(path: str) -> None:
    headers = get(path)["headers"]
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self'",
        "connect-src": "'self'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'", "trusted-types": "'none'",
    }  # fmt: skip
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    ["/", "/console/", "/console.html", "/console/unknown.js", "/console/../app.py", "/console/..%2Fapp.py", "/app"],
)
def test_an_unknown_page_is_not_found(path: str) -> None:
    response = get(path)
    assert response["statusCode"] == 404
    assert response["headers"]["Content-Type"] == "application/problem+json"
    assert json.loads(response["body"])["status"] == 404


@pytest.mark.parametrize("path", ["/console", "/docs", "/openapi.json", "/console/app.js"])
def test_a_page_rejects_query_parameters(path: str) -> None:
    event = {**CONSOLE_EVENT, "path": path, "queryStringParameters": {"version": "2", "a": "1"}}
    response = app.lambda_handler(event, Context())
    assert response["statusCode"] == 400
    assert [each["field"] for each in json.loads(response["body"])["errors"]] == ["a", "version"]


def test_no_page_names_another_server() -> None:
    for file in STATIC.rglob("*"):
        if file.is_file():
            addresses = set(re.findall(r"https?://[^\s\"')]+", file.read_text()))
            # The second one is an example in the OpenAPI document (RFC 2606 reserves the name).
            assert addresses <= {"http://www.w3.org/2000/svg", "https://www.example.com"}, file.name
