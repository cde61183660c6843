from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError, ParamValidationError
from botocore.validate import validate_parameters
from hypothesis import given
from hypothesis import strategies as st

from buildium_sync.errors import ConcurrentWrite
from buildium_sync.store.dynamodb import from_attributes, size_of, to_attributes, transact
from tests.aws import ENTITIES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.floats(-(2.0**53), 2.0**53).map(lambda x: round(x, 9)),
    st.text(),
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)

ITEMS = st.dictionaries(st.text(min_size=1), VALUES)
ATTRIBUTES = boto3.client("dynamodb", "us-east-1").meta.service_model.shape_for("PutItemInputAttributeMap")


def measured(attribute: dict[str, Any]) -> int:
    """The size by the rules of DynamoDB's developer guide."""
    [(kind, value)] = attribute.items()
    if kind == "N":
        return -(-len(Decimal(value).as_tuple().digits) // 2) + 1
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + measured(part) for name, part in value.items())
    if kind == "L":
        return 3 + sum(1 + measured(part) for part in value)
    return len(value.encode()) if kind == "S" else 1


def put(pk: str, condition: str = "attribute_not_exists(pk)") -> Any:
    item = to_attributes({"pk": pk, "sk": "x"})
    return {"Put": {"TableName": ENTITIES, "Item": item, "ConditionExpression": condition}}


def stored(dynamodb: "DynamoDBClient") -> set[str]:
    return {item["pk"]["S"] for item in dynamodb.scan(TableName=ENTITIES)["Items"]}


class Cancels:
    """A client whose transactions are cancelled for scripted reasons first, and then succeed."""

    def __init__(self, client: "DynamoDBClient", *reasons: list[str]) -> None:
        self.exceptions = client.exceptions
        self._client = client
        self._reasons = list(reasons)
        self.calls = 0

    def transact_write_items(self, **arguments: Any) -> Any:
        self.calls += 1
        if not self._reasons:
            return self._client.transact_write_items(**arguments)
        response: Any = {
            "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
            "CancellationReasons": [{"Code": code} for code in self._reasons.pop(0)],
        }
        raise self.exceptions.TransactionCanceledException(response, "TransactWriteItems")


def with_decimals(value: Any) -> Any:
    """Convert floats to Decimal, because boto3 rejects floats."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {name: with_decimals(part) for name, part in value.items()}
    return [with_decimals(part) for part in value] if isinstance(value, list) else value


def with_floats(value: Any) -> Any:
    """boto3's result, with numbers as in JSON."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: with_floats(part) for name, part in value.items()}
    return [with_floats(part) for part in value] if isinstance(value, list) else value


class TestItemSize:
    @given(ITEMS)
    def test_a_serialized_item_passes_sdk_validation(self, item: dict[str, Any]) -> None:
        validate_parameters(to_attributes(item), ATTRIBUTES)

    @given(ITEMS)
    def test_the_estimated_size_is_never_below_the_item_size(self, item: dict[str, Any]) -> None:
        attributes = to_attributes(item)

        assert size_of(item) >= sum(len(name.encode()) + measured(value) for name, value in attributes.items())


class TestParameterValidation:
    def test_the_test_client_validates_parameters(
        self,
        dynamodb: "DynamoDBClient",
    ) -> None:
        number: Any = {"S": 7}

        with pytest.raises(ParamValidationError):
            dynamodb.get_item(TableName=ENTITIES, Key={"pk": number, "sk": {"S": "entity"}})


class TestItems:
    @given(ITEMS)
    def test_an_item_round_trip_drops_only_top_level_none(self, item: dict[str, Any]) -> None:
        assert from_attributes(to_attributes(item)) == {
            name: value for name, value in item.items() if value is not None
        }

    def test_nested_none_values_are_kept(self) -> None:
        assert from_attributes(to_attributes({"fields": {"a": None, "b": [None]}})) == {
            "fields": {"a": None, "b": [None]}
        }

    def test_numbers_are_read_as_int_or_float(self) -> None:
        item = from_attributes({"whole": {"N": "1E+3"}, "part": {"N": "0.1"}, "big": {"N": "9" * 38}})

        assert item == {"whole": 1000, "part": 0.1, "big": int("9" * 38)}
        assert [type(item[name]) for name in item] == [int, float, int]
        assert not any(isinstance(value, Decimal) for value in item.values())


class TestTransactions:
    def test_a_failed_transaction_writes_nothing_and_names_failed_items(self, dynamodb: "DynamoDBClient") -> None:
        transact(dynamodb, [put("a"), put("b")])

        with pytest.raises(ConcurrentWrite) as caught:
            transact(dynamodb, [put("c"), put("a"), put("d"), put("b")])

        assert caught.value.failed == {1, 3}
        assert stored(dynamodb) == {"a", "b"}

    @pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
    def test_a_conflicting_transaction_is_retried_with_growing_pauses(
        self, dynamodb: "DynamoDBClient", code: str
    ) -> None:
        pauses: list[float] = []
        client: Any = Cancels(dynamodb, [code, "None"], ["None", code])

        transact(client, [put("a"), put("b")], pauses.append)

        assert stored(dynamodb) == {"a", "b"}
        assert len(pauses) == 2
        assert pauses[1] > pauses[0] > 0

    def test_a_transaction_that_always_conflicts_raises_without_failed_items(self, dynamodb: "DynamoDBClient") -> None:
        client: Any = Cancels(dynamodb, *[["TransactionConflict"]] * 50)

        with pytest.raises(ConcurrentWrite) as caught:
            transact(client, [put("a")], lambda _seconds: None)

        assert caught.value.failed == frozenset()
        assert client.calls == 6

    def test_a_failed_condition_is_not_retried_despite_a_conflict(self, dynamodb: "DynamoDBClient") -> None:
        client: Any = Cancels(dynamodb, ["TransactionConflict", "ConditionalCheckFailed"])

        with pytest.raises(ConcurrentWrite) as caught:
            transact(client, [put("a"), put("b")], lambda _seconds: None)

        assert caught.value.failed == {1}
        assert client.calls == 1

    @pytest.mark.parametrize("code", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
    def test_an_invalid_transaction_is_no_write_conflict(self, dynamodb: "DynamoDBClient", code: str) -> None:
        client: Any = Cancels(dynamodb, [code, "None"])

        with pytest.raises(ClientError):
            transact(client, [put("a"), put("b")], lambda _seconds: None)


class TestSerialization:
    @given(VALUES.filter(lambda value: value is not None))
    def test_attributes_are_serialized_as_by_boto3(self, value: Any) -> None:
        assert to_attributes({"it": value}) == {"it": TypeSerializer().serialize(with_decimals(value))}

    @given(VALUES)
    def test_attributes_are_deserialized_as_by_boto3(self, value: Any) -> None:
        attribute = TypeSerializer().serialize(with_decimals(value))
        assert (
            from_attributes({"it": attribute})["it"] == value == with_floats(TypeDeserializer().deserialize(attribute))
        )

    @pytest.mark.parametrize("number", [10**38 + 1, 1e127, 1e-200, float("inf"), float("nan")])
    def test_a_number_out_of_dynamodbs_range_is_rejected(self, number: Any) -> None:
        rejections = (ArithmeticError, TypeError)
        with pytest.raises(rejections):
            TypeSerializer().serialize(with_decimals(number))
        with pytest.raises(rejections):
            to_attributes({"it": number})

    @pytest.mark.parametrize("value", [b"bytes", {"a", "set"}, object()])
    def test_a_non_json_value_is_rejected(self, value: Any) -> None:
        with pytest.raises(TypeError):
            to_attributes({"it": value})
