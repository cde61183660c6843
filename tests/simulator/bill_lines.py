"""The lines of bills. A line keeps its id only if a PUT names it."""

from typing import Any

from tests.simulator.entity_type import copied, looked_up
from tests.simulator.errors import Problem
from tests.simulator.gl_accounts import BLANK as GL_ACCOUNT
from tests.simulator.model import Json
from tests.simulator.places import check_unit
from tests.simulator.state import State
from tests.simulator.validation import (
    Field,
    Scope,
    Shape,
    nested,
    number,
    one_of,
    optional,
    reference,
    required,
    text,
    whole,
)

APPROVALS = ("NotNeeded", "ApprovalRequired", "Approved", "Pending", "Rejected")
OWNED_BY = ("Association", "Rental", "Company")
MARKUPS = ("Percent", "Amount")


def _check_markup(key: str, value: Json, _scope: Scope) -> list[Problem]:
    if value.get("Type") == "Percent" and (value.get("Amount") or 0) > 100:
        return [Problem(f"{key}.Amount", f"{key}.Amount must be at most 100 percent.")]
    return []


ENTITY = {
    "Id": required(whole()),
    "AccountingEntityType": required(one_of(*OWNED_BY)),
    "UnitId": optional(reference("units")),
}
MARKUP = {"Amount": required(number()), "Type": required(one_of(*MARKUPS))}
LINE = {
    "AccountingEntity": required(nested(ENTITY)),
    "GlAccountId": required(reference("glaccounts")),
    "Amount": required(number()),
    "Markup": optional(nested(MARKUP, also=_check_markup)),
    "Memo": optional(text(240)),
}
LINE_PUT = {**LINE, "Id": optional(whole())}


def _nothing_required(shape: Shape) -> dict[str, Field]:
    return {key: optional(field.check) for key, field in shape.items()}


LINE_PATCH = {
    **_nothing_required(LINE_PUT),
    "AccountingEntity": optional(nested(_nothing_required(ENTITY))),
    "Markup": optional(nested(_nothing_required(MARKUP), also=_check_markup)),
}


def lines_read(written: list[Json]) -> list[Json]:
    """Lines as in responses, without the values that are computed on reading."""
    return [_line_read(line) for line in written]


def _line_read(line: Json) -> Json:
    entity = line["AccountingEntity"]
    unit_id = entity.get("UnitId")
    return {
        "Id": line.get("Id"),
        "AccountingEntity": {
            **copied(entity, "Id", "AccountingEntityType"),
            "Href": None,
            "Unit": None if unit_id is None else {"Id": unit_id, "Href": None},
        },
        "GLAccount": {"Id": line["GlAccountId"]},
        "Amount": line["Amount"],
        "Markup": line.get("Markup"),
        "Memo": line.get("Memo"),
    }


def lines_written(read: list[Json]) -> list[Json]:
    """The lines of a PUT payload that changes nothing."""
    return [_line_written(line) for line in read]


def _line_written(line: Json) -> Json:
    entity = line["AccountingEntity"]
    return {
        **copied(line, "Id", "Amount", "Markup", "Memo"),
        "GlAccountId": line["GLAccount"]["Id"],
        "AccountingEntity": {
            **copied(entity, "Id", "AccountingEntityType"),
            "UnitId": (entity.get("Unit") or {}).get("Id"),
        },
    }


def patched_lines(lines: list[Json], patches: list[Json]) -> list[Json]:
    """The lines after a PATCH: lines with an id are changed, lines without one are added, all others are kept."""
    known = {line["Id"] for line in lines}
    named = {patch["Id"]: patch for patch in patches if patch.get("Id") in known}
    added = [patch for patch in patches if patch.get("Id") not in known]
    return [_merged(line, named.get(line["Id"], {})) for line in lines] + added


def _merged(line: Json, patch: Json) -> Json:
    return {key: _laid_over(value, patch[key]) if key in patch else value for key, value in line.items()}


def _laid_over(value: Any, patch: Any) -> Any:
    return {**value, **patch} if isinstance(value, dict) and isinstance(patch, dict) else patch


def settled_lines(state: State, lines: list[Json]) -> list[Json]:
    """The lines, each with an id."""
    return [{**line, "Id": line.get("Id") or state.new_id("bill lines")} for line in lines]


def shown_lines(state: State, lines: list[Json]) -> list[Json]:
    """Lines with their ledger accounts."""
    return [
        {**line, "GLAccount": looked_up(state, "glaccounts", line["GLAccount"]["Id"], *GL_ACCOUNT)} for line in lines
    ]


def line_problems(state: State, lines: list[Json], current: list[Json]) -> list[Problem]:
    """The errors in the lines of a payload for a bill with the `current` lines."""
    known = [line["Id"] for line in current]
    problems = []
    for index, line in enumerate(lines):
        key = f"Lines[{index}]"
        if line.get("Id") is not None:
            if line["Id"] not in known:
                problems.append(Problem(f"{key}.Id", f"{key}.Id is not a line of this bill."))
            else:
                known.remove(line["Id"])
        problems += _entity_problems(state, line["AccountingEntity"], f"{key}.AccountingEntity")
    return problems


def _entity_problems(state: State, entity: Json, key: str) -> list[Problem]:
    kind = entity["AccountingEntityType"]
    if kind != "Company" and not (kind == "Rental" and state.exists("rentals", entity["Id"])):
        return [Problem(f"{key}.Id", f"{key}.Id does not name one of the account's {kind} entities.")]
    return check_unit(state, entity.get("UnitId"), entity["Id"] if kind == "Rental" else None, f"{key}.UnitId")


def total(lines: list[Json]) -> float:
    """The sum of the lines."""
    return float(sum(line["Amount"] for line in lines))
