"""Makes moto faster for tests that make thousands of calls."""

from typing import Any

import pytest
from moto.core.serialize import BaseJSONSerializer

_serialize = BaseJSONSerializer._serialize_type_structure


def return_attribute_values_as_stored(patch: pytest.MonkeyPatch) -> None:
    """Let moto return DynamoDB's values as it stores them. It searches each for ten types under several names."""

    def serialize(serializer: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue":
            serialized[key] = value
        else:
            _serialize(serializer, serialized, value, shape, key)

    patch.setattr(BaseJSONSerializer, "_serialize_type_structure", serialize)
