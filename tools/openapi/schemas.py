"""The document's schemas, made by pydantic of the models that the operations name."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from tools.openapi.answers import Problem
from tools.openapi.generators import ShownSchema, TakenSchema
from tools.openapi.operations import Operation

Json = dict[str, Any]
Key = tuple[str, str | int]

_REF = "#/components/schemas/"
_PROBLEM: Key = ("", "problem")


@dataclass(frozen=True, slots=True)
class Schemas:
    """`components` are the schemas with a name; `_of` holds what operations refer to, by their ids."""

    components: dict[str, Json]
    _of: dict[Key, Json]

    def query(self, operation: Operation) -> Json:
        """Return the schema of an object with the query's parameters as its properties."""
        return self._of[operation.id, "query"] if operation.query else {"properties": {}}

    def body(self, operation: Operation) -> Json:
        """Return the schema of the request's body."""
        return self._of[operation.id, "body"]

    def answer(self, operation: Operation, status: int) -> Json:
        """Return the schema of the answer's body."""
        return self._of[operation.id, status]

    @property
    def problem(self) -> Json:
        """The schema of problem+json."""
        return self._of[_PROBLEM]


def schemas(operations: Iterable[Operation]) -> Schemas:
    """Return the schemas of all that these operations take and answer with."""
    taken: dict[Key, Any] = {}
    answered: dict[Key, Any] = {_PROBLEM: Problem}
    for each in operations:
        taken |= {(each.id, kind): model for kind, model in (("query", each.query), ("body", each.body)) if model}
        answered |= {(each.id, status): model for status, model in each.answers.items() if model}
    given, defined = _made(taken, "validation", TakenSchema)
    shown, shown_defined = _made(answered, "serialization", ShownSchema)
    # Parameters stand in their operation one by one.
    queries = {key: schema["$ref"].removeprefix(_REF) for key, schema in given.items() if key[1] == "query"}
    given |= {key: defined[name] for key, name in queries.items()}
    defined = {name: schema for name, schema in defined.items() if name not in queries.values()}
    twice = {name for name in defined.keys() & shown_defined.keys() if defined[name] != shown_defined[name]}
    for name in twice:
        shown, shown_defined = _renamed(shown, name), _renamed(shown_defined, name)
    return Schemas(dict(sorted({**defined, **shown_defined}.items())), {**given, **shown})


def _renamed(schemas: dict[Any, Json], name: str) -> dict[Any, Json]:
    """Return the schemas with another name for one of them, which has its own among those of requests."""
    old, new = f'"{_REF}{name}"', f'"{_REF}{name}Shown"'
    return {
        f"{name}Shown" if key == name else key: json.loads(json.dumps(schema).replace(old, new))
        for key, schema in schemas.items()
    }


def _made(
    models: Mapping[Key, Any], mode: Literal["validation", "serialization"], generator: type[GenerateJsonSchema]
) -> tuple[dict[Key, Json], dict[str, Json]]:
    adapters = [(key, mode, TypeAdapter(model)) for key, model in models.items()]
    made, defined = TypeAdapter.json_schemas(adapters, ref_template=f"{_REF}{{model}}", schema_generator=generator)
    return {key: schema for (key, _), schema in made.items()}, defined.get("$defs", {})
