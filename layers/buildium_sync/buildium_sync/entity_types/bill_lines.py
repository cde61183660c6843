"""The lines of a bill: fields, mappings, and which local line is which Buildium line."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Annotated, Any, Literal

from pydantic import ValidationInfo, field_validator

from buildium_sync.domain.entity_model import EntityModel
from buildium_sync.domain.json_types import Fields, Payload
from buildium_sync.domain.normalization import blank_to_none, casefolded
from buildium_sync.domain.reference_contract import BuildiumReference, Links, Reference, is_buildium_id, local_reference
from buildium_sync.domain.scope_contract import ASSOCIATION, ScopeReference
from buildium_sync.entity_types.fields import money
from buildium_sync.entity_types.fields.money import Money, Number
from buildium_sync.entity_types.fields.references import EntityReference, remote_references, resolve, to_reference
from buildium_sync.entity_types.fields.types import BuildiumId, OptionalProse, at_most

_RENTAL, _ASSOCIATION = "Rental", "Association"
_REFERENCE_FIELDS = {"accountingEntityId": "property", "unitId": "unit"}


class Markup(EntityModel):
    """An addition to the amount of a line: money, or a percentage with any number of decimals."""

    type: Literal["Percent", "Amount"]
    amount: Number

    @field_validator("amount")
    @classmethod
    def _of_the_type(cls, amount: float, info: ValidationInfo) -> float:
        kind = info.data.get("type")
        if kind == "Percent" and amount > 100:
            raise ValueError("must be at most 100 for the type Percent")
        return money.check(amount) if kind == "Amount" else amount


class BillLine(EntityModel):
    """A line. `id` is a Buildium id. `accountingEntityId` is that of a property; for the other types a Buildium id."""

    id: BuildiumId | None = None
    accountingEntityType: Literal["Rental", "Association", "Company"] = "Rental"
    accountingEntityId: EntityReference
    unitId: EntityReference | None = None
    glAccountId: BuildiumId | None = None
    amount: Money
    memo: Annotated[OptionalProse, at_most(240)] = None
    markup: Markup | None = None

    @field_validator("accountingEntityId", "unitId")
    @classmethod
    def _local_id_for_rentals_only(cls, value: str | int | None, info: ValidationInfo) -> str | int | None:
        kind = info.data.get("accountingEntityType", _RENTAL)
        if kind != _RENTAL and isinstance(value, str):
            raise ValueError(f"must be a Buildium ID (positive integer) for the type {kind}")
        return value


def canonical(lines: Sequence[Fields]) -> Counter[tuple[Any, ...]]:
    """Return a form that is equal for the same lines in another order."""
    return Counter((line.get("id"), *_content(line)) for line in lines)


def with_ids(lines: Sequence[Fields], known: Sequence[Fields]) -> list[Fields]:
    """Return the lines with the Buildium ids of matching known lines, each used once; None for a new line."""
    matched = _match(lines, known)
    return [{**line, "id": other["id"] if other else line["id"]} for line, other in zip(lines, matched, strict=True)]


def references(lines: Iterable[Fields]) -> tuple[Reference, ...]:
    """Return the references to local properties and units."""
    named = ((kind, value) for line in lines for _, kind, value in _references(line) if isinstance(value, str))
    return tuple(dict.fromkeys(Reference("lines", kind, value) for kind, value in named))


def references_by_buildium_id(lines: Any) -> tuple[BuildiumReference, ...]:
    """Return the references to properties and units by Buildium id. `lines` may be unvalidated."""
    objects = [line for line in lines if isinstance(line, Mapping)] if isinstance(lines, list) else []
    named = ((kind, value) for line in objects for _, kind, value in _references(line) if is_buildium_id(value))
    return tuple(dict.fromkeys(BuildiumReference(kind, value) for kind, value in named))


def with_local_ids(lines: Any, local_ids: Mapping[tuple[str, int], str]) -> Any:
    """Return the lines with local ids, where they are known. `lines` may be unvalidated."""
    if not isinstance(lines, list):
        return lines
    return [_line_with_local_ids(line, local_ids) if isinstance(line, Mapping) else line for line in lines]


def _line_with_local_ids(line: Mapping[str, Any], local_ids: Mapping[tuple[str, int], str]) -> Fields:
    return {**line, **{name: local_reference(value, kind, local_ids) for name, kind, value in _references(line)}}


def _references(line: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield the field, the type and the id of each reference of a line. Only rental lines have any."""
    if line.get("accountingEntityType", _RENTAL) in (_RENTAL, None):
        yield from ((name, kind, line[name]) for name, kind in _REFERENCE_FIELDS.items() if name in line)


def buildium_references(lines: Iterable[Payload]) -> tuple[BuildiumReference, ...]:
    """Return the references to properties and units of Buildium's lines."""
    rentals = [entity for line in lines if (entity := _entity(line)).get("AccountingEntityType") == _RENTAL]
    named = (
        remote_references("property", entity.get("Id")) + remote_references("unit", _unit_id(entity))
        for entity in rentals
    )
    return tuple(dict.fromkeys(chain.from_iterable(named)))


def scope_references(lines: Iterable[Fields]) -> tuple[ScopeReference, ...]:
    """Return the references of local lines that lead to properties, and those to associations."""
    rentals = [(kind, value) for line in lines for _, kind, value in _references(line) if value is not None]
    others = [line["accountingEntityId"] for line in lines if line.get("accountingEntityType") == _ASSOCIATION]
    named = [*rentals, *((ASSOCIATION, each) for each in others)]
    return tuple(dict.fromkeys(ScopeReference("lines", kind, value) for kind, value in named))


def remote_scope_references(lines: Iterable[Payload]) -> tuple[BuildiumReference, ...]:
    """Return the properties and associations of Buildium's lines."""
    kinds = {_RENTAL: "property", _ASSOCIATION: ASSOCIATION}
    entities = [_entity(line) for line in lines]
    named = ((kinds.get(each.get("AccountingEntityType") or ""), each.get("Id")) for each in entities)
    return tuple(
        dict.fromkeys(BuildiumReference(kind, buildium_id) for kind, buildium_id in named if kind and buildium_id)
    )


def read(line: Payload, links: Links) -> Fields:
    """Read a BillLineMessage. It shows GlAccountId as GLAccount.Id, and the unit within the entity."""
    entity, markup = _entity(line), line.get("Markup")
    rental = entity.get("AccountingEntityType") == _RENTAL

    def reference(entity_type: str, buildium_id: int | None) -> str | int | None:
        return to_reference(links, entity_type, buildium_id) if rental else buildium_id or None

    return {
        "id": line.get("Id"),
        "accountingEntityType": entity.get("AccountingEntityType"),
        "accountingEntityId": reference("property", entity.get("Id")),
        "unitId": reference("unit", _unit_id(entity)),
        "glAccountId": (line.get("GLAccount") or {}).get("Id"),
        "amount": float(line.get("Amount") or 0),
        "memo": blank_to_none(line.get("Memo")),
        "markup": {"amount": float(markup.get("Amount") or 0), "type": markup.get("Type")} if markup else None,
    }


def write(fields: Fields, links: Links) -> list[Payload]:
    """Return the lines of a create (BillLinePostMessage). The default account is in `fields` already."""
    return [_write(line, fields.get("glAccountId"), links) for line in fields["lines"]]


def rewrite(fields: Fields, current: Sequence[Payload], links: Links) -> list[Payload]:
    """Return the lines of an update (BillLinePutMessage). New lines have their accounts already."""
    return [
        {"Id": known.get("id"), **_write(line, _account_of(fields, known), links)}
        for line, known in _with_known(fields["lines"], current, links)
    ]


def without_account(fields: Fields, current: Sequence[Payload], links: Links) -> list[int]:
    """Return the indexes of the new lines without an account."""
    return [
        index
        for index, (line, known) in enumerate(_with_known(fields["lines"], current, links))
        if line.get("glAccountId") is None and _account_of(fields, known) is None
    ]


def are_as_sent(sent: Sequence[Fields], shown: Sequence[Fields]) -> bool:
    """Return whether these lines are the result of a write, which may have had no ids and no accounts.

    Lines with an account are matched first. A line without one matches any equal line that remains.
    """
    unmatched = list(shown)
    for line in sorted(sent, key=lambda line: line.get("glAccountId") is None):
        found = next((index for index, other in enumerate(unmatched) if _same_content(line, other)), None)
        if found is None:
            return False
        unmatched.pop(found)
    return not unmatched


def identity(lines: Sequence[Fields], links: Links) -> list[list[Any]]:
    """Return what identifies lines without ids: sorted, as JSON values, with Buildium ids."""
    return sorted(
        [
            line["accountingEntityType"] or "",
            resolve(links, "property", line["accountingEntityId"]) or 0,
            resolve(links, "unit", line.get("unitId")) or 0,
            money.in_cents(line["amount"]),
            casefolded(line.get("memo")),
        ]
        for line in lines
    )


def _with_known(lines: Sequence[Fields], current: Sequence[Payload], links: Links) -> list[tuple[Fields, Fields]]:
    """Return each line with the Buildium line that it matches, empty for a new line."""
    matched = _match(lines, [read(line, links) for line in current])
    return [(line, other or {}) for line, other in zip(lines, matched, strict=True)]


def _account_of(fields: Fields, known: Fields) -> int | None:
    """Return the account of a line without its own: the bill's, else the one in Buildium."""
    account: int | None = fields.get("glAccountId") or known.get("glAccountId")
    return account


def _write(line: Fields, account: int | None, links: Links) -> Payload:
    markup = line.get("markup")
    return {
        "AccountingEntity": {
            "Id": resolve(links, "property", line["accountingEntityId"]),
            "AccountingEntityType": line["accountingEntityType"],
            "UnitId": resolve(links, "unit", line.get("unitId")),
        },
        "GlAccountId": line.get("glAccountId") or account,
        "Amount": line["amount"],
        "Memo": line.get("memo"),
        "Markup": {"Amount": markup["amount"], "Type": markup["type"]} if markup else None,
    }


def _match(lines: Sequence[Fields], known: Sequence[Fields]) -> list[Fields | None]:
    """Return the matching known line for each line: by id, by content, by property and unit, then by order.

    The last two keep the id of an edited line that came without one. A PUT without the id would duplicate the line.
    """
    matched: list[Fields | None] = [None] * len(lines)
    unmatched = list(known)
    for agree in _AGREEMENTS:
        for index in (index for index, other in enumerate(matched) if other is None):
            found = next((i for i, other in enumerate(unmatched) if agree(lines[index], other)), None)
            matched[index] = unmatched.pop(found) if found is not None else None
    return matched


def _same_id(line: Fields, other: Fields) -> bool:
    return line.get("id") is not None and line["id"] == other.get("id")


def _same_content(line: Fields, other: Fields) -> bool:
    return _content({**line, "glAccountId": _account(line, other)}) == _content(other)


def _same_target(line: Fields, other: Fields) -> bool:
    names = ("accountingEntityType", "accountingEntityId", "unitId")
    return _account(line, other) == other.get("glAccountId") and all(line.get(n) == other.get(n) for n in names)


_AGREEMENTS: tuple[Callable[[Fields, Fields], bool], ...] = (
    _same_id,
    _same_content,
    _same_target,
    lambda *_: True,
)


def _account(line: Fields, other: Fields) -> int | None:
    """Return the line's account. A line with the default may have any account."""
    return line["glAccountId"] if line.get("glAccountId") is not None else other.get("glAccountId")


def _content(line: Fields) -> tuple[Any, ...]:
    names = ("accountingEntityType", "accountingEntityId", "unitId", "glAccountId", "memo")
    markup = line.get("markup")
    added = (money.canonical(markup["amount"]), markup["type"]) if markup else None
    return (*(line.get(name) for name in names), money.canonical(line["amount"]), added)


def _entity(line: Payload) -> Payload:
    entity: Payload = line.get("AccountingEntity") or {}
    return entity


def _unit_id(entity: Payload) -> int | None:
    return (entity.get("Unit") or {}).get("Id")
