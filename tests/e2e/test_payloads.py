"""Buildium's document validates every exchange of the run."""

import pytest

from tests.contract.location import MISSING, find_document
from tests.contract.recorder import assert_valid_exchanges
from tests.e2e.api import Api, unique
from tests.simulator import RemoteSimulator

pytestmark = [pytest.mark.e2e, pytest.mark.concludes(2)]


@pytest.mark.skipif(find_document() is None, reason=MISSING)
def test_every_payload_of_the_run_is_valid(api: Api, simulator: RemoteSimulator) -> None:
    property_id = api.create_property(unique("Judged"))["property"]["id"]
    api.create_owner(unique("Judged"), [property_id])
    assert_valid_exchanges(simulator.requests())


def test_no_payload_of_the_run_has_an_unknown_field(api: Api, simulator: RemoteSimulator) -> None:
    api.create_property(unique("Known"))
    stats = simulator.stats()
    assert stats["calls"]
    assert stats["contract_violations"] == []
    assert stats["unauthorised"] == 0
