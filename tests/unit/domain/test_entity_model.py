"""What all models of bodies have in common."""

from typing import Any, get_args

import pytest

from buildium_sync.domain.entity_model import EntityModel, default_of, identical, merge_and_validate, validated
from buildium_sync.entity_types.registry import all_types


def models(annotation: Any) -> set[type[EntityModel]]:
    """The models of a type, including nested ones."""
    if isinstance(annotation, type) and issubclass(annotation, EntityModel):
        fields = annotation.model_fields.values()
        return {annotation}.union(*(models(info.annotation) for info in fields))
    return set[type[EntityModel]]().union(*map(models, get_args(annotation)))


MODELS = sorted(set[type[EntityModel]]().union(*(models(each.model) for each in all_types())), key=lambda m: m.__name__)
DEFAULTS = [
    (model, name, default_of(info))
    for model in MODELS
    for name, info in model.model_fields.items()
    if default_of(info) is not None
]


def test_nested_models_are_included() -> None:
    assert {"BillLine", "Markup", "LineItem", "NewTenant", "EmergencyContact", "PropertyFields"} <= {
        model.__name__ for model in MODELS
    }


@pytest.mark.parametrize(("model", "name", "default"), DEFAULTS)
def test_null_means_the_default_of_a_field(model: type[EntityModel], name: str, default: Any) -> None:
    """Other required fields are missing: only this field is checked."""
    fields, faults = validated(model, {name: None})

    assert name not in [fault.root for fault in faults]
    assert not fields or identical(fields[name], default)


@pytest.mark.parametrize(("model", "name", "default"), DEFAULTS)
def test_null_resets_a_stored_field_to_its_default(model: type[EntityModel], name: str, default: Any) -> None:
    fields, faults = merge_and_validate(model, {name: "something else"}, {name: None})

    assert name not in [fault.root for fault in faults]
    assert not fields or identical(fields[name], default)


def test_a_required_field_must_not_be_null() -> None:
    for model in MODELS:
        required = {name for name, info in model.model_fields.items() if info.is_required()}
        _, faults = validated(model, dict.fromkeys(model.model_fields))
        assert required <= {fault.root for fault in faults}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (None, 0, False),
        ("1", 1, False),
        ([1, {"a": [2]}], [1.0, {"a": [2]}], True),
        ([1], [True], False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ({"a": 1}, {"a": True}, False),
    ],
)
def test_values_are_compared_as_json_values(one: Any, other: Any, expected: bool) -> None:
    assert identical(one, other) is expected


def test_an_invalid_stored_value_does_not_excuse_other_fields() -> None:
    [bill] = [each.model for each in all_types() if each.name == "bill"]
    stored = {"memo": "x" * 300}

    _, faults = merge_and_validate(bill, stored, {"memo": "x" * 300, "referenceNumber": "x" * 300})

    assert [fault.root for fault in faults] == ["referenceNumber"]
