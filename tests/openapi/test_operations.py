"""Every operation, parameter, header and response of the document is described."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.openapi.assertions import Route, document, operations

VERBS = {"Create", "Delete", "Get", "List", "Pause", "Plan", "Receive", "Resolve", "Resume", "Retry", "Send"}
VERBS |= {"Start", "Undo", "Update"}
OPERATIONS = [pytest.param(route, operation, id=" ".join(route)) for route, operation in operations().items()]


@pytest.mark.parametrize(("route", "operation"), OPERATIONS)
def test_summaries_are_short_imperatives(route: Route, operation: dict[str, Any]) -> None:
    summary = operation["summary"]
    assert summary.split()[0] in VERBS
    assert len(summary) <= 60
    assert not summary.endswith(".")
    assert "\n" not in summary


@pytest.mark.parametrize(("route", "operation"), OPERATIONS)
def test_operations_have_descriptions(route: Route, operation: dict[str, Any]) -> None:
    assert is_sentence(operation["description"])
    assert operation["description"] != operation["summary"]


@pytest.mark.parametrize(("route", "operation"), OPERATIONS)
def test_parameters_have_descriptions_and_examples(route: Route, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        assert is_sentence(parameter["description"]), parameter["name"]
        assert has_example(parameter), parameter["name"]


@pytest.mark.parametrize(("route", "operation"), OPERATIONS)
def test_responses_and_their_headers_are_described(route: Route, operation: dict[str, Any]) -> None:
    for response in map(resolved, operation["responses"].values()):
        assert is_sentence(response["description"])
        for name, header in response.get("headers", {}).items():
            assert is_sentence(header["description"]), name
            assert has_example(header), name


@pytest.mark.parametrize(("route", "operation"), OPERATIONS)
def test_statuses_of_api_gateway_are_documented(route: Route, operation: dict[str, Any]) -> None:
    # The firewall and the throttling of API Gateway come before the API key; a failed function is a 502.
    assert {"403", "429", "500", "502", "503", "504"} <= operation["responses"].keys()


def test_tags_are_declared_and_described() -> None:
    declared = {tag["name"]: tag["description"] for tag in document()["tags"]}
    assert declared.keys() == {tag for operation in operations().values() for tag in operation["tags"]}
    assert all(map(is_sentence, declared.values()))


def test_problem_descriptions_are_plain() -> None:
    described = {name: problem["description"] for name, problem in document()["components"]["responses"].items()}
    assert described["Problem404"] == "Not found."
    assert described["Problem409"] == "The request conflicts with the current state."
    assert described["Problem500"] == "Internal error."


def test_texts_have_short_sentences_and_right_articles() -> None:
    for text in texts(document()):
        assert max(len(sentence.split()) for sentence in text.split(". ")) <= 26, text
        assert not re.search(r"\ba [aeio]|\ban (?!update)[^aeioA-Z]", text), text


def test_review_and_reconciliation_have_standard_names() -> None:
    assert operations()["POST", "/api/buildium/review"]["operationId"] == "resolveReview"
    assert operations()["POST", "/api/buildium/import"]["tags"] == ["reconciliation"]


def texts(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (part[name] for name in ("summary", "description") if isinstance(part.get(name), str))
        for inner in part.values():
            yield from texts(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from texts(inner)


def resolved(response: dict[str, Any]) -> dict[str, Any]:
    found: Iterator[dict[str, Any]] = (
        problem
        for name, problem in document()["components"]["responses"].items()
        if response.get("$ref") == f"#/components/responses/{name}"
    )
    return next(found, response)


def has_example(parameter: dict[str, Any]) -> bool:
    examples = parameter["schema"].get("examples", [])
    return len(examples) == 1 and bool(examples[0])


def is_sentence(text: str) -> bool:
    return text[0] in "`ABCDEFGHIJKLMNOPQRSTUVWXYZ" and text.endswith(".") and len(text.split()) >= 2
