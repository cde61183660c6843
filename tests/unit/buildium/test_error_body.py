import json
from typing import Any

import pytest

from buildium_sync.buildium.error_body import explain
from buildium_sync.errors import FieldError

EMPTY = "Unprocessable Content"


def said(body: Any, **options: Any) -> str:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return explain(raw, charset=options.pop("charset", None), reason=EMPTY, **options).text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"UserMessage": "Bad.", "Errors": [{"Key": "Name", "Value": "is empty"}]}, "Bad. (Name: is empty)"),
        ({"UserMessage": "is empty", "Errors": [{"Key": "Name", "Value": "is empty"}]}, "Name: is empty"),
        ({"UserMessage": "Bad.", "ErrorCode": None, "Errors": []}, "Bad."),
        ({"UserMessage": "Bad.", "ErrorCode": None, "Errors": None}, "Bad."),
        ({"UserMessage": "Bad.", "Errors": 5}, "Bad."),
        ({"UserMessage": "Bad.", "Errors": "text"}, "Bad. (text)"),
        ({"UserMessage": "Bad.", "Errors": [None, "x", {}]}, "Bad. (x)"),
        ({"userMessage": "Bad."}, "Bad."),
        ({"errors": ["one", "two"]}, "one; two"),
        ({"errors": [{"field": "name", "message": "is empty"}]}, "name: is empty"),
        ({"errors": [{"propertyName": "Name", "errorMessage": "is empty"}]}, "Name: is empty"),
        ({"errors": [{"loc": ["body", "name"], "msg": "is empty"}]}, "body, name: is empty"),
        ({"errors": {"Name": ["is empty", "is short"]}}, "Name: is empty, is short"),
        ({"errors": {"Name": "is empty"}}, "Name: is empty"),
        ({"title": "Invalid", "status": 422, "errors": {"Name": ["is empty"]}}, "Invalid (Name: is empty)"),
        ({"Message": "Invalid", "ModelState": {"rental.Name": ["is empty"]}}, "Invalid (rental.Name: is empty)"),
        ({"type": "about:blank", "title": "Conflict", "detail": "It exists."}, "Conflict: It exists."),
        ({"title": "Conflict", "detail": "Conflict"}, "Conflict"),
        ({"Message": "No."}, "No."),
        ({"message": "Forbidden"}, "Forbidden"),
        (
            {"error": "invalid_request", "error_description": "The id is missing."},
            "invalid_request: The id is missing.",
        ),
        ({"error": {"code": 7, "message": "No."}}, "No."),
        ([{"message": "one"}, "two"], "one; two"),
        ("No.", "No."),
        (b"The name is taken.", "The name is taken."),
        (b"  two\r\n lines\t", "two lines"),
        (b"\xef\xbb\xbf" + b'{"Message": "No."}', "No."),
        ('{"Message": "No."}'.encode("utf-16"), "No."),
        ("Ungültig".encode("latin-1"), "Ungültig"),
        ('{"Message": "Ungültig"}'.encode("latin-1"), "Ungültig"),
        (b'{"Message": "a\\ud800b\\u0000c"}', "a b c"),
    ],
)
def test_an_error_body_of_any_shape_is_parsed(body: Any, text: str) -> None:
    assert said(body) == text


def test_an_error_body_is_decoded_in_its_charset() -> None:
    assert said("Неверно".encode("cp1251"), charset="windows-1251") == "Неверно"
    assert said("No".encode("latin-1") + b"\xe9", charset="no-such-charset") == "Noé"


@pytest.mark.parametrize(
    "page",
    [
        b"<html><head><title>Error</title><style>b {}</style></head><body><h1>Error</h1><p>Away &amp; back</p></body>",
        b"<!DOCTYPE html>\n<title>Error</title><script>var key = 1;</script><p>Away & back",
        b"<center><h1>Error</h1></center><hr><div>Away &amp; back</div>",
    ],
)
def test_an_html_error_page_is_reduced_to_its_text(page: bytes) -> None:
    assert said(page) == "Error Away & back"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"<html>",
        b"\xff\xfe",
        b"\x00\x01\x02",
        {},
        [],
        None,
        7,
        True,
        "",
        {"UserMessage": None},
        {"UserMessage": 5, "Errors": [{}]},
        {"UserMessage": {"a": {"b": {}}}},
        [[[[[["deep"]]]]]],
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body)[:20],
)
def test_an_uninformative_body_leaves_the_http_reason(body: Any) -> None:
    assert said(body) in (EMPTY, "[" * 100_000)


def test_a_long_list_of_errors_is_truncated() -> None:
    body = json.dumps({"errors": [{"field": "f" * 10_000, "message": "m" * 10_000}] * 10_000}).encode()

    errors = explain(body, charset=None, reason=EMPTY).errors

    assert len(errors) == 20
    assert {(len(error.field), len(error.message)) for error in errors} == {(200, 200)}


@pytest.mark.parametrize("spelling", ["4455667788", "4455-6677-88", "4455 6677 88", "4455.6677.88"])
def test_a_secret_number_is_masked_in_every_spelling(spelling: str) -> None:
    body = json.dumps({"UserMessage": f"{spelling} is taken"}).encode()
    explained = explain(body, charset=None, reason=EMPTY, secrets={"4455-6677-88"})
    assert explained.text == "[redacted] is taken"


@pytest.mark.parametrize("number", ["123-45-6789", "12-3456789"])
def test_a_personal_number_of_another_person_is_masked(number: str) -> None:
    body = json.dumps({"UserMessage": f"{number} is of Ann.", "Errors": [{"Key": "TaxId", "Value": number}]}).encode()
    explained = explain(body, charset=None, reason=EMPTY)
    assert explained.text == "[redacted] is of Ann. (TaxId: [redacted])"
    assert explained.errors == (FieldError("TaxId", "[redacted]"),)


def test_secrets_are_masked_and_short_values_are_not() -> None:
    repeated = "s3cret" + "-value"
    body = {"UserMessage": f"{repeated} is no id of 12.", "Errors": [{"Key": repeated, "Value": repeated}]}

    explained = explain(json.dumps(body).encode(), charset=None, reason=EMPTY, secrets={repeated, "12", ""})

    assert explained.errors == (FieldError("[redacted]", "[redacted]"),)
    assert explained.text.startswith("[redacted] is no id of 12.")
