"""The layer's modules, functions and constants keep their structure, and the flows' tests end."""

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from tools.local_cloud.paths import ROOT

_LAYER = ROOT / "layers/buildium_sync/buildium_sync"
_MODULES = sorted(_LAYER.rglob("*.py"))
_REPEATED_NAMES = {"service", "state", "worker"}
"""Each feature may have its own."""
_SUFFIXES = ("er", "or", "ing", "ed", "ion", "s")
_SIMILAR_NAMES = [{"client", "clients"}, {"entity", "entities"}, {"state", "states"}]
"""`clients` makes AWS clients; `states` are those of countries."""
_MAX_FUNCTION_LINES = 40
_MAX_FILE_LINES = 200
_MAX_LONG_FILES = 23
"""The number of longer files. It may fall."""
_WRITES = {"write", "put", "update", "put_item", "update_item", "delete_item"}
_TIME_WORDS = {
    "TIMEOUT",
    "DELAY",
    "WAIT",
    "PAUSE",
    "GRACE",
    "AGE",
    "TTL",
    "INTERVAL",
    "MARGIN",
    "LOOKBACK",
    "LOOKAHEAD",
    "OVERLAP",
    "SKEW",
    "BACKOFF",
    "DAY",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def constants(path: Path) -> Iterator[tuple[str, ast.expr]]:
    """The names and values of a module's constants."""
    for node in tree(path).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((each.id, node.value) for each in targets if isinstance(each, ast.Name))


def is_number(value: ast.expr) -> bool:
    if isinstance(value, ast.BinOp):
        return is_number(value.left) and is_number(value.right)
    return isinstance(value, ast.Constant) and type(value.value) in (int, float)


def stem(name: str) -> str:
    """A module's name without a suffix: `importer` and `importing` have the same stem."""
    plural = name.removesuffix("ies") + "y" if name.endswith("ies") else name
    suffix = next((each for each in _SUFFIXES if plural.endswith(each)), "")
    return plural.removesuffix(suffix).removesuffix("e")


def writes_in(function: Function) -> list[str]:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in _WRITES]


def lacks_unit(name: str) -> bool:
    return name.rpartition("_")[2] in _TIME_WORDS


def test_a_module_name_is_used_once() -> None:
    # `composition` has a module for each function, named after it.
    paths = [path for path in _MODULES if path.stem != "__init__" and path.parent.name != "composition"]
    names = Counter(path.stem for path in paths)
    assert {name for name, times in names.items() if times > 1} <= _REPEATED_NAMES


def test_no_module_names_differ_by_a_suffix_only() -> None:
    names = sorted({path.stem for path in _MODULES})
    similar = [{one, other} for one, other in combinations(names, 2) if stem(one) == stem(other)]
    assert [pair for pair in similar if pair not in _SIMILAR_NAMES] == []


def test_a_function_has_at_most_40_lines() -> None:
    lengths = {
        f"{path.name}:{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path in _MODULES
        for function in functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > _MAX_FUNCTION_LINES} == {}


def test_the_number_of_long_files_does_not_grow() -> None:
    long = [path.name for path in _MODULES if len(path.read_text().splitlines()) > _MAX_FILE_LINES]
    assert len(long) <= _MAX_LONG_FILES, long


def test_predicates_do_not_write() -> None:
    predicates = [
        function
        for path in _MODULES
        for function in functions(path)
        if function.name.lstrip("_").startswith(("is_", "has_", "should_"))
    ]
    assert {function.name: writes_in(function) for function in predicates if writes_in(function)} == {}


def test_a_time_constant_ends_in_its_unit() -> None:
    names = [name for path in _MODULES for name, value in constants(path) if is_number(value) and lacks_unit(name)]
    assert names == []


def test_the_loops_of_flow_tests_are_bounded() -> None:
    paths = sorted((ROOT / "tests/flows").glob("*.py"))
    loops = [
        f"{path.name}:{node.lineno}" for path in paths for node in ast.walk(tree(path)) if isinstance(node, ast.While)
    ]
    assert loops == [], "rounds_while has a bound"


@pytest.mark.parametrize(
    ("one", "other"), [("importer", "importing"), ("poll", "polled"), ("batch", "batches"), ("query", "queries")]
)
def test_names_that_differ_by_a_suffix_are_found(one: str, other: str) -> None:
    assert stem(one) == stem(other)


def test_a_predicate_that_writes_is_found() -> None:
    [function] = ast.parse("def is_echo(store):\n    store.write(1)").body
    assert isinstance(function, Function)
    assert writes_in(function) == ["write"]


@pytest.mark.parametrize(("name", "lacks"), [("_GRACE", True), ("_GRACE_SECONDS", False), ("_LIST_PAGE", False)])
def test_a_time_constant_without_a_unit_is_found(name: str, lacks: bool) -> None:
    assert lacks_unit(name) is lacks
