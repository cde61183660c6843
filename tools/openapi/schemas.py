"""The document's schemas, which pydantic makes from the models of the operations."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from tools.openapi.generators import ADDRESSES, RequestSchema, ResponseSchema
from tools.openapi.operations.operation import Operation
from tools.openapi.responses.problem import Problem
from tools.openapi.texts.lookup import described

Json = dict[str, Any]
Key = tuple[str, str | int]

_REF = "#/components/schemas/"
_PROBLEM: Key = ("", "problem")


@dataclass(frozen=True, slots=True)
class Schemas:
    """`components` are the named schemas. `_of` has those of operations, by operation id and part."""

    components: dict[str, Json]
    _of: dict[Key, Json]

    def query(self, operation: Operation) -> Json:
        """Return the schema of an object that has the query parameters as its properties."""
        return self._of[operation.id, "query"] if operation.query else {"properties": {}}

    def body(self, operation: Operation) -> Json:
        """Return the schema of the request's body."""
        return self._of[operation.id, "body"]

    def response(self, operation: Operation, status: int) -> Json | None:
        """Return the schema of a response's body, None without a body."""
        return self._of.get((operation.id, status))

    @property
    def problem(self) -> Json:
        """The schema of problem+json."""
        return self._of[_PROBLEM]


def schemas(operations: Iterable[Operation]) -> Schemas:
    """Return the schemas of everything that these operations accept and return."""
    accepted: dict[Key, Any] = {}
    returned: dict[Key, Any] = {_PROBLEM: Problem}
    for each in operations:
        accepted |= {(each.id, part): model for part, model in (("query", each.query), ("body", each.body)) if model}
        returned |= {(each.id, status): of.body for status, of in each.responses.items() if of.body}
    requests, of_requests = _made(accepted, "validation", RequestSchema)
    responses, of_responses = _made(returned, "serialization", ResponseSchema)
    # An operation lists its query parameters one by one.
    queries = {key: schema["$ref"].removeprefix(_REF) for key, schema in requests.items() if key[1] == "query"}
    requests |= {key: of_requests[name] for key, name in queries.items()}
    of_requests = {name: schema for name, schema in of_requests.items() if name not in queries.values()}
    for name in [name for name in of_requests.keys() & of_responses.keys() if of_requests[name] != of_responses[name]]:
        responses, of_responses = _renamed(responses, name), _renamed(of_responses, name)
    components = {**described(of_requests), **described(of_responses, ADDRESSES)}
    return Schemas(dict(sorted(components.items())), {**requests, **responses})


def _renamed(schemas: dict[Any, Json], name: str) -> dict[Any, Json]:
    """Return the schemas of responses with another name for one that requests have in another form."""
    old, new = f'"{_REF}{name}"', f'"{_REF}{name}Response"'
    return {
        f"{name}Response" if key == name else key: json.loads(json.dumps(schema).replace(old, new))
        for key, schema in schemas.items()
    }


def _made(
    models: Mapping[Key, Any], mode: Literal["validation", "serialization"], generator: type[GenerateJsonSchema]
) -> tuple[dict[Key, Json], dict[str, Json]]:
    adapters = [(key, mode, TypeAdapter(model)) for key, model in models.items()]
    made, defined = TypeAdapter.json_schemas(adapters, ref_template=f"{_REF}{{model}}", schema_generator=generator)
    return {key: schema for (key, _), schema in made.items()}, defined.get("$defs", {})
