"""The connection check makes at most 20 calls, also while Buildium returns 429 and calls are repeated."""

from typing import Any

import pytest

from buildium_sync.account.account_reads import AccountReads
from buildium_sync.buildium.responses import BuildiumResponse
from buildium_sync.domain.json_types import Query

PROMISED_CALLS = 20
"""In the API's document and in the console."""


class Client:
    """Fake of the Buildium client: each read makes several calls, because Buildium returns 429 to the first ones."""

    def __init__(self, calls_of_one_read: int) -> None:
        self._calls_of_one_read = calls_of_one_read
        self.calls = 0

    def get(self, _path: str, _query: Query) -> BuildiumResponse:
        self.calls += self._calls_of_one_read
        return BuildiumResponse([], {})


@pytest.mark.parametrize("calls_of_one_read", [2, 3, 4])
def test_repeated_calls_never_exceed_the_promised_number(calls_of_one_read: int) -> None:
    client: Any = Client(calls_of_one_read)
    reads = AccountReads(client, lambda: client.calls, lambda: 1_795_356_000.0)
    reads.read()

    assert client.calls <= PROMISED_CALLS
    assert reads.is_cut_short
    assert reads.readings


def test_all_lists_are_read_within_the_promised_number() -> None:
    client: Any = Client(1)
    reads = AccountReads(client, lambda: client.calls, lambda: 1_795_356_000.0)
    reads.read()

    assert client.calls <= PROMISED_CALLS
    assert not reads.is_cut_short
