"""The simulated ledger has the operations, parameters and transaction types of Buildium's document."""

import json
import re

import pytest

from tests.contract.location import MISSING, find_document
from tests.simulator.entity_type import EntityType
from tests.simulator.general_ledger import GENERAL_LEDGER
from tests.simulator.lease_charges import LEASE_CHARGES
from tests.simulator.lease_credits import LEASE_CREDITS
from tests.simulator.lease_payments import LEASE_PAYMENTS
from tests.simulator.lease_reversals import LEASE_REVERSALS
from tests.simulator.lease_transactions import KINDS, LEASE_TRANSACTIONS
from tests.simulator.listing import PAGING
from tests.simulator.model import Json
from tests.simulator.outstanding_balances import OUTSTANDING_BALANCES
from tests.simulator.paths import Target

pytestmark = pytest.mark.skipif(find_document() is None, reason=MISSING)

METHODS = ("get", "post", "put", "patch", "delete")
LEDGER = (
    LEASE_TRANSACTIONS,
    LEASE_CHARGES,
    LEASE_PAYMENTS,
    LEASE_CREDITS,
    LEASE_REVERSALS,
    GENERAL_LEDGER,
    OUTSTANDING_BALANCES,
)


@pytest.fixture(scope="module")
def document() -> Json:
    """Buildium's document."""
    path = find_document()
    assert path is not None
    document: Json = json.loads(path.read_bytes())
    return document


def operations(document: Json, pattern: str) -> Json:
    """The operations by method of the one documented path that matches."""
    [found] = [path for path in document["paths"] if re.fullmatch(pattern, path)] or [None]
    described = document["paths"].get(found, {})
    return {method.upper(): described[method] for method in METHODS if method in described}


def collection(entity_type: EntityType) -> str:
    """A pattern of the collection's path."""
    return "/v1" + entity_type.path.replace("{id}", r"\{leaseId\}")


@pytest.mark.parametrize("entity_type", LEDGER, ids=lambda entity_type: entity_type.path)
class TestLedgerPath:
    def test_the_methods_are_the_documented_ones(self, document: Json, entity_type: EntityType) -> None:
        pattern = collection(entity_type)
        assert Target(entity_type, None).methods() == list(operations(document, pattern))
        assert Target(entity_type, 7).methods() == list(operations(document, pattern + r"/\{\w+\}"))

    def test_the_query_parameters_are_the_documented_ones(self, document: Json, entity_type: EntityType) -> None:
        listing = operations(document, collection(entity_type)).get("GET", {"parameters": []})
        documented = {p["name"]: p.get("required", False) for p in listing["parameters"] if p["in"] == "query"}
        supported = {*PAGING, *entity_type.filters} if entity_type.is_listed else set()
        assert supported == set(documented)
        assert set(entity_type.required_filters) == {name for name, required in documented.items() if required}

    def test_required_fields_of_a_post_are_required(self, document: Json, entity_type: EntityType) -> None:
        body = operations(document, collection(entity_type)).get("POST", {}).get("requestBody")
        if body is None:
            return
        [schema] = next(iter(body["content"].values()))["schema"]["allOf"]
        documented = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        shape = entity_type.post or {}
        assert set(shape) == set(documented["properties"])
        assert {key for key, field in shape.items() if field.required} >= set(documented.get("required", ()))


def test_the_transaction_types_are_the_documented_ones(document: Json) -> None:
    schema = document["components"]["schemas"]["LeaseTransactionMessage"]
    assert list(KINDS) == schema["properties"]["TransactionTypeEnum"]["enum"]
