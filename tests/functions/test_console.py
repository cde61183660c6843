"""The pages function, called as API Gateway calls it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from functions.console import app
from tests.functions.api import Context

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "functions/console/static"
CONSOLE = json.loads((ROOT / "events/console-console.json").read_text())
PARTS = sorted(f"/console/{file.name}" for file in (STATIC / "console").iterdir())
LAMBDAS_MOST = 6 * 1024 * 1024
IMPORT = re.compile(r'from "\./([a-z-]+\.js)"')


def get(path: str = "/console", headers: dict[str, str] | None = None) -> dict[str, Any]:
    return dict(app.lambda_handler({**CONSOLE, "path": path, "headers": headers}, Context()))


def test_the_console_is_a_page_that_the_browser_asks_for_anew_each_time() -> None:
    answer = app.lambda_handler(CONSOLE, Context())
    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert answer["headers"]["Cache-Control"] == "no-cache"
    assert answer["body"] == (STATIC / "console.html").read_text()


def test_all_that_the_page_names_is_served() -> None:
    named = re.findall(r'(?:href|src)="(console/[^"]+)"', (STATIC / "console.html").read_text())
    imported = {f"console/{name}" for file in STATIC.rglob("*.js") for name in IMPORT.findall(file.read_text())}
    for path in {*named, *imported}:
        assert get(f"/{path}")["statusCode"] == 200
    assert {f"/{path}" for path in {*named, *imported}} == set(PARTS)


def test_the_documentation_is_served_with_swagger_ui_as_powertools_has_it() -> None:
    named = re.findall(r'(?:href|src)="(docs/[^"]+)"', (STATIC / "docs.html").read_text())
    answers = {path: get(f"/{path}") for path in named}
    assert {answer["statusCode"] for answer in answers.values()} == {200}
    assert "SwaggerUIBundle" in answers["docs/swagger-ui-bundle.min.js"]["body"]
    assert len(answers["docs/swagger-ui-bundle.min.js"]["body"].encode()) < LAMBDAS_MOST
    assert ".swagger-ui" in answers["docs/swagger-ui.min.css"]["body"]


@pytest.mark.parametrize(
    ("case", "content_type"), [("docs", "text/html; charset=utf-8"), ("openapi", "application/json")]
)
def test_a_page_has_an_event_of_its_own(case: str, content_type: str) -> None:
    answer = app.lambda_handler(json.loads((ROOT / f"events/console-{case}.json").read_text()), Context())
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, content_type)


def test_the_documentation_runs_our_own_files_and_speaks_to_our_own_stage_alone() -> None:
    policy = dict(part.strip().split(" ", 1) for part in get("/docs")["headers"]["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'",
        "img-src": "'self' data:", "connect-src": "'self'", "base-uri": "'none'", "form-action": "'none'",
        "frame-ancestors": "'none'",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/console", "/docs", "/openapi.json", "/docs/swagger-ui.min.css", *PARTS])
def test_a_file_that_the_browser_has_is_not_sent_again(path: str) -> None:
    answer = get(path)
    etag = answer["headers"]["ETag"]
    for known in (etag, f'"other", W/{etag}'):
        again = get(path, {"if-none-match": known})
        assert (again["statusCode"], again["body"], again["headers"]["ETag"]) == (304, "", etag)
    assert get(path, {"If-None-Match": '"other"'})["statusCode"] == 200


@pytest.mark.parametrize("path", ["/console", "/console/app.js", "/console/console.css", "/console/unknown"])
def test_nothing_but_our_own_files_may_run_frame_or_be_called(path: str) -> None:
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
def test_a_path_that_is_no_page_is_not_found(path: str) -> None:
    answer = get(path)
    assert answer["statusCode"] == 404
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert json.loads(answer["body"])["status"] == 404


def test_no_page_speaks_of_another_server() -> None:
    for file in STATIC.rglob("*"):
        if file.is_file():
            addresses = set(re.findall(r"https?://[^\s\"')]+", file.read_text()))
            assert addresses <= {"http://www.w3.org/2000/svg"}, file.name
