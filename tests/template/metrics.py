"""The metrics that the code counts and records, found in its source."""

import ast
from collections.abc import Iterator
from functools import cache
from typing import Any

from tools.local_cloud.paths import ROOT

_CODE = ROOT / "layers/buildium_sync/buildium_sync"
_EMITTERS = {"increment", "record_metric"}


@cache
def emitted() -> frozenset[str]:
    """The names of all metrics that the layer emits."""
    return frozenset(name for file in _CODE.rglob("*.py") for name in _names(ast.parse(file.read_text())))


def _names(module: ast.Module) -> Iterator[str]:
    tables = {
        name.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for name in node.targets
        if isinstance(name, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _EMITTERS and node.args:
            yield from _texts(node.args[0], tables)


def _texts(argument: ast.expr, tables: dict[str, ast.expr]) -> Iterator[str]:
    """A literal name in the call, or all names of the table that it indexes."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.Subscript) and isinstance(argument.value, ast.Name):
        table: Any = ast.literal_eval(ast.List(_values(tables[argument.value.id]), ast.Load()))
        yield from table


def _values(table: ast.expr) -> list[ast.expr]:
    assert isinstance(table, ast.Dict)
    return table.values
