from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.functions.api import Api, deployed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def api(dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    with deployed(dynamodb, monkeypatch) as api:
        yield api
