"""DynamoDB's expressions, as far as the functions use them, as Python functions.

Attributes have DynamoDB's form, such as `{"S": "text"}`. A missing attribute is None.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

Attribute = dict[str, Any]
AttributeMap = Mapping[str, Attribute]


@dataclass(frozen=True, slots=True)
class Scope:
    """An item, and the names and values of an expression about it."""

    item: AttributeMap
    names: Mapping[str, str]
    values: AttributeMap


Operand = Callable[[Scope], Attribute | None]
Condition = Callable[[Scope], bool]
Update = Callable[[Scope], dict[str, Attribute | None]]
"""Returns the new attributes by name, None for a removed one."""

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),.+-]|[#:]?\w+)")
_SECTIONS = ("SET", "REMOVE", "ADD")


@cache
def condition(expression: str) -> Condition:
    """Return a condition expression, a filter or a key condition as a function."""
    parser = _Parser(expression)
    found = parser.any_of()
    parser.end()
    return found


@cache
def update(expression: str) -> Update:
    """Return an update expression as a function."""
    parser = _Parser(expression)
    changes: list[tuple[str, Operand]] = []
    while parser.token:
        changes += parser.section()
    return lambda scope: {scope.names.get(name, name): value(scope) for name, value in changes}


def number(value: Decimal) -> Attribute:
    """Return a number as an attribute."""
    return {"N": f"{value.normalize():f}"}


class _Parser:
    """Parses one expression from left to right."""

    def __init__(self, expression: str) -> None:
        self._tokens: list[str] = [*_TOKEN.findall(expression), ""]
        self._place = 0

    @property
    def token(self) -> str:
        return self._tokens[self._place]

    def take(self) -> str:
        self._place += 1
        return self._tokens[self._place - 1]

    def skip(self, token: str) -> bool:
        """Take this token if it is the next one."""
        found = self.token == token
        self._place += found
        return found

    def expect(self, token: str) -> None:
        assert self.skip(token), (token, self._tokens, self._place)

    def end(self) -> None:
        self.expect("")

    def any_of(self) -> Condition:
        parts = [self.all_of()]
        while self.skip("OR"):
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else lambda scope: any(part(scope) for part in parts)

    def all_of(self) -> Condition:
        parts = [self.single()]
        while self.skip("AND"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else lambda scope: all(part(scope) for part in parts)

    def single(self) -> Condition:
        if self.skip("NOT"):
            negated = self.single()
            return lambda scope: not negated(scope)
        if self.skip("("):
            inner = self.any_of()
            self.expect(")")
            return inner
        if self.token in _FUNCTIONS:
            function = _FUNCTIONS[self.take()]
            arguments = self.arguments()
            return lambda scope: function(*(each(scope) for each in arguments))
        return self.comparison()

    def comparison(self) -> Condition:
        left = self.operand()
        if self.skip("BETWEEN"):
            low = self.operand()
            self.expect("AND")
            high = self.operand()
            return lambda s: _COMPARISONS[">="](left(s), low(s)) and _COMPARISONS["<="](left(s), high(s))
        if self.skip("IN"):
            choices = self.arguments()
            return lambda scope: any(_COMPARISONS["="](left(scope), each(scope)) for each in choices)
        compare = _COMPARISONS[self.take()]
        right = self.operand()
        return lambda scope: compare(left(scope), right(scope))

    def arguments(self) -> list[Operand]:
        self.expect("(")
        found = [self.operand()]
        while self.skip(","):
            found.append(self.operand())
        self.expect(")")
        return found

    def operand(self) -> Operand:
        first = self.take()
        if first.startswith(":"):
            return lambda scope: scope.values[first]
        if first == "if_not_exists":
            current, default = self.arguments()
            return lambda scope: current(scope) or default(scope)
        if first == "list_append":
            start, end = self.arguments()
            return lambda scope: {"L": [*_list(start(scope)), *_list(end(scope))]}
        path = [first]
        while self.skip("."):
            path.append(self.take())
        return lambda scope: _at(scope, path)

    def section(self) -> list[tuple[str, Operand]]:
        """Return the changes of one part of an update."""
        kind = self.take()
        assert kind in _SECTIONS, kind
        found = [self.change(kind)]
        while self.skip(","):
            found.append(self.change(kind))
        return found

    def change(self, kind: str) -> tuple[str, Operand]:
        name = self.take()
        if kind == "REMOVE":
            return name, lambda _scope: None
        if kind == "ADD":
            added = self.operand()
            return name, lambda scope: _sum(_at(scope, [name]), added(scope), 1)
        self.expect("=")
        value = self.operand()
        if self.token not in ("+", "-"):
            return name, value
        sign, more = 1 if self.take() == "+" else -1, self.operand()
        return name, lambda scope: _sum(value(scope), more(scope), sign)


def _at(scope: Scope, path: list[str]) -> Attribute | None:
    first, *rest = path
    found = scope.item.get(scope.names.get(first, first))
    for name in rest:
        found = ((found or {}).get("M") or {}).get(scope.names.get(name, name))
    return found


def _list(attribute: Attribute | None) -> list[Attribute]:
    assert attribute is not None
    return list(attribute["L"])


def _sum(left: Attribute | None, right: Attribute | None, sign: int) -> Attribute:
    assert right is not None
    return number(Decimal(left["N"] if left else 0) + sign * Decimal(right["N"]))


def comparable(attribute: Attribute) -> tuple[str, Any]:
    """Return an attribute in a form that is equal for equal values, and ordered within a type."""
    [(kind, value)] = attribute.items()
    if kind == "N":
        return kind, Decimal(value)
    if kind == "L":
        return kind, [comparable(each) for each in value]
    if kind == "M":
        return kind, {name: comparable(each) for name, each in value.items()}
    return kind, value


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Attribute | None, Attribute | None], bool]:
    def apply(left: Attribute | None, right: Attribute | None) -> bool:
        if left is None or right is None:
            return False
        (kind, value), (other_kind, other) = comparable(left), comparable(right)
        return kind == other_kind and compare(value, other)

    return apply


def _contains(attribute: Attribute | None, part: Attribute | None) -> bool:
    if attribute is None or part is None:
        return False
    if "S" in attribute:
        return "S" in part and part["S"] in attribute["S"]
    return comparable(part) in [comparable(each) for each in attribute.get("L", ())]


_equal = _ordered(lambda left, right: bool(left == right))
_COMPARISONS: dict[str, Callable[[Attribute | None, Attribute | None], bool]] = {
    "=": _equal,
    "<>": lambda left, right: not _equal(left, right),
    "<": _ordered(lambda left, right: bool(left < right)),
    "<=": _ordered(lambda left, right: bool(left <= right)),
    ">": _ordered(lambda left, right: bool(left > right)),
    ">=": _ordered(lambda left, right: bool(left >= right)),
}
_FUNCTIONS: dict[str, Callable[..., bool]] = {
    "attribute_exists": lambda attribute: attribute is not None,
    "attribute_not_exists": lambda attribute: attribute is None,
    "attribute_type": lambda attribute, kind: attribute is not None and kind["S"] in attribute,
    "contains": _contains,
}
