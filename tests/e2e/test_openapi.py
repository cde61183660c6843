"""The deployed API conforms to the document that it serves."""

from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.e2e.api import AT_ONCE, TIMEOUT_SECONDS, Api
from tests.openapi.assertions import document, operations
from tools.openapi.document import PATH

# The requests start imports, repairs and pauses, which would disturb other tests.
pytestmark = [pytest.mark.e2e, pytest.mark.concludes(1)]

# The generated requests are the same in every run.
FUZZED = settings(
    max_examples=6,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
# Every string is a valid id, so a request with nothing but an id has no invalid variant.
CASES = [
    pytest.param(method, path, mode, id=f"{method} {path} {mode.value}")
    for (method, path), operation in operations().items()
    for mode in (RIGHT, WRONG)
    if mode is RIGHT
    or "requestBody" in operation
    or any(parameter["in"] == "query" for parameter in operation.get("parameters", ()))
]
load_all_checks()
SOUND = CHECKS.get_by_names(
    ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
)


@pytest.fixture(scope="module")
def served(api_url: str) -> Any:
    """The stack's outputs."""
    schema = schemathesis.openapi.from_url(f"{api_url}/openapi.json", timeout=TIMEOUT_SECONDS)
    schema.config.update(base_url=api_url)
    # Without the key the response would be the local gateway's own.
    schema.config.generation.update(with_security_parameters=False)
    return schema


def test_the_served_document_is_the_committed_one(api: Api) -> None:
    response = api.send("GET", "/openapi.json", with_key=False)
    assert (response.status_code, response.text) == (200, PATH.read_text())


def test_the_documents_server_is_the_serving_stage(api_url: str) -> None:
    [server] = document()["servers"]
    assert requests.compat.urljoin(f"{api_url}/openapi.json", server["url"]) == f"{api_url}/"


@pytest.mark.parametrize(("method", "path", "mode"), CASES)
def test_every_route_responds_as_documented(
    served: Any, api_key: str, method: str, path: str, mode: GenerationMode
) -> None:
    headers = {"x-api-key": api_key, "Prefer": AT_ONCE}

    @FUZZED
    @given(case=served[path][method].as_strategy(generation_mode=mode))
    def responses(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=SOUND, timeout=TIMEOUT_SECONDS)

    responses()
