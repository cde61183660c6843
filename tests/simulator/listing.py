"""Buildium's lists: paging, order and filters."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from tests.simulator.entity_type import EntityType
from tests.simulator.errors import Problem, unprocessable
from tests.simulator.filters import Keep
from tests.simulator.model import Json, Record, Response
from tests.simulator.state import State

DEFAULT_LIMIT = 50
MOST = 1000
PAGING = ("limit", "offset", "orderby")


def list_entities(
    entity_type: EntityType,
    state: State,
    query: str,
    strict_keys: bool,
    strict_lists: bool,
    parent_id: int | None = None,
) -> Response:
    """One page, with the number of all matches in `X-Total-Count`; of one parent's entities if it is given.

    Without `orderby` the newest change comes first, so that a client that pages without an order misses rows.

    Raises: RejectedError: a parameter is unknown (`strict_keys`), has an invalid value, or is missing where all
    accounts or some (`strict_lists`) require it.
    """
    given = parse_qs(query, keep_blank_values=True)
    parameters = {**entity_type.list_defaults, **given}
    problems = _unknown(entity_type, parameters) if strict_keys else []
    problems += [Problem(name, f"{name} is required.") for name in entity_type.required_filters if name not in given]
    problems += entity_type.strict_list_rules(given) if strict_lists else []
    limit = _whole(parameters, "limit", DEFAULT_LIMIT, 1, MOST, problems)
    offset = _whole(parameters, "offset", 0, 0, None, problems)
    keeps = _filters(entity_type, parameters, problems)
    order = _order(entity_type, parameters.get("orderby", []), problems)
    if problems:
        raise unprocessable(problems)
    records = [r for r in _visible(entity_type, state, parent_id) if all(keep(state, r) for keep in keeps)]
    page = _sorted(records, order, lambda record: entity_type.present(state, record))[offset : offset + limit]
    rows = [entity_type.present(state, record) for record in page]
    return Response(200, rows, {"X-Total-Count": str(len(records))})


def _visible(entity_type: EntityType, state: State, parent_id: int | None) -> list[Record]:
    now, name = state.clock(), entity_type.name
    found = state.all(name) if parent_id is None else state.having(name, entity_type.parent_key, parent_id)
    records = [r for r in found if r.visible_from <= now and entity_type.holds(state, r)]
    return sorted(records, key=lambda record: (-record.updated_at, -record.id))


def _unknown(entity_type: EntityType, parameters: Iterable[str]) -> list[Problem]:
    return [
        Problem(name, f"{name} is not a parameter of this list.", unknown=True)
        for name in parameters
        if name not in PAGING and name not in entity_type.filters
    ]


def _whole(
    parameters: dict[str, list[str]],
    name: str,
    default: int,
    least: int,
    most: int | None,
    problems: list[Problem],
) -> int:
    if name not in parameters:
        return default
    value = parameters[name][-1]
    if value.isascii() and value.isdigit() and least <= int(value) and (most is None or int(value) <= most):
        return int(value)
    problems.append(Problem(name, f"{name} must be a whole number from {least}" + (f" to {most}." if most else ".")))
    return default


def _filters(entity_type: EntityType, parameters: dict[str, list[str]], problems: list[Problem]) -> list[Keep]:
    keeps = []
    for name, values in parameters.items():
        if name in entity_type.filters:
            needed = entity_type.filters[name].needs
            if needed and needed not in parameters:
                problems.append(Problem(name, f"{name} needs {needed}."))
            try:
                keeps.append(entity_type.filters[name].build(values))
            except ValueError as error:
                problems.append(Problem(name, f"{name} {error}."))
    return keeps


def _order(entity_type: EntityType, values: list[str], problems: list[Problem]) -> list[tuple[str, bool]]:
    known = {key.lower(): key for key in entity_type.sortable()}
    order = []
    for part in ",".join(values).split(",") if values else []:
        name, _, direction = part.strip().partition(" ")
        if name.lower() in known and direction.lower() in ("", "asc", "desc"):
            order.append((known[name.lower()], direction.lower() == "desc"))
        else:
            problems.append(Problem("orderby", f"orderby cannot sort by {part.strip()!r}."))
    return order


def _sorted(records: list[Record], order: list[tuple[str, bool]], present: Callable[[Record], Json]) -> list[Record]:
    for key, descending in reversed(order):
        # Paging clients sort by this key. Other computed keys are needed only for rows of the page.
        rank = _id if key == "Id" else lambda record, key=key: _rank(present(record)[key])
        records = sorted(records, key=rank, reverse=descending)
    return records


def _id(record: Record) -> int:
    return record.id


def _rank(value: Any) -> tuple[bool, float, str]:
    if isinstance(value, int | float):
        return (True, float(value), "")
    return (value is not None, 0.0, str(value or "").lower())
