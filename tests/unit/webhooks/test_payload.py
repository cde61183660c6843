import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildium_sync.errors import MalformedRequest
from buildium_sync.webhooks.payload import parse


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"a": NaN}',
        b'{"a": 1e400}',
        b'{"a": "\\ud800"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a":' * 20 + b"{}" + b"}" * 20,
        b'{"a":' * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
)
def test_a_body_other_than_a_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        parse(body)


def test_a_body_at_the_maximum_depth_is_parsed() -> None:
    assert parse(b'{"a":' * 19 + b"{}" + b"}" * 19)


@pytest.mark.parametrize(
    ("beside", "levels"), [('"]]]]"', 18), ('"{{{{"', 18), ('"\\"[[["', 18), ("[]", 17), ('{"a":[]}', 16)]
)
def test_the_depth_check_ignores_strings_and_siblings(beside: str, levels: int) -> None:
    many = ",".join([beside] * 30)
    allowed, deeper = (
        f'{{"Events":[{many},{"[" * depth}{many}{"]" * depth},{many}]}}' for depth in (levels, levels + 1)
    )

    assert parse(allowed.encode()) == json.loads(allowed)
    with pytest.raises(MalformedRequest, match="nested"):
        parse(deeper.encode())


@pytest.mark.parametrize("half", ["\\ud800", "\\uDBFF", "\\udc00", "\\uDFFF", "\\ude00\\ud83d", "x\\\\\\udead"])
@pytest.mark.parametrize("body", ['{"a": "%s"}', '{"%s": 1}', '{"Events": [{"Data": ["%s"]}]}'])
def test_an_unpaired_surrogate_is_rejected_anywhere(half: str, body: str) -> None:
    with pytest.raises(MalformedRequest):
        parse((body % half).encode())


@pytest.mark.parametrize("text", ["\\ud83d\\ude00", "\\\\ud800", "\\ud7ff", "\\ue000", "\\u0027", "ud800"])
def test_a_string_that_resembles_a_surrogate_is_parsed(text: str) -> None:
    body = f'{{"a": "{text}"}}'

    assert parse(body.encode()) == json.loads(body)


@pytest.mark.parametrize("body", ['\ufeff{"a": 1}', '{"a": 1}\u00a0', '{"a": 1}\v', '{"a": 1} {}', '{"a": 1}\x00'])
def test_only_json_whitespace_is_allowed_around_the_object(body: str) -> None:
    assert parse(b' \t\r\n{"a": 1} \t\r\n') == {"a": 1}
    with pytest.raises(MalformedRequest):
        parse(body.encode())


def exactly(body: bytes) -> Any:
    """Parse a body with complete checks, one after the other; return None when one fails."""
    try:
        document = json.loads(body.decode(), parse_constant=float)
        json.dumps(document, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and depth(document) <= 20 else None


def depth(value: Any) -> int:
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0) if isinstance(value, dict | list) else 0


hostile_texts = st.sampled_from(
    [
        "a",
        "[[[[",
        "]]}}",
        '\\"',
        '\\"[',
        "\\\\",
        "\\ud83d\\ude00",
        "\\ud800",
        "\\uDFff",
        "\\\\ud800",
        "\\u0000",
        "é",
        "\ufeff",
    ]
).map('"{}"'.format)
digits = st.sampled_from([20, 400, 5000]).map("9".__mul__)
hostile_scalars = (
    hostile_texts
    | digits
    | digits.map("{}.0".format)
    | st.sampled_from(["null", "true", "0", "-0.0", "1e308", "1e309", "-1e999", "NaN", "-Infinity"])
)


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(inner, max_size=4).map(lambda parts: f"[{','.join(parts)}]")
    pairs = st.tuples(hostile_texts, inner).map(":".join)
    deep = st.tuples(st.integers(1, 21), inner).map(lambda part: "[" * part[0] + part[1] + "]" * part[0])
    objects = st.lists(pairs, max_size=4, unique_by=lambda pair: pair.partition(":")[0])
    return lists | deep | objects.map(lambda parts: f"{{{','.join(parts)}}}")


hostile_bodies = st.tuples(
    st.sampled_from(["", " ", "\r\n", "\ufeff", "\u00a0"]),
    st.recursive(hostile_scalars, nested, max_leaves=12).map('{{"a":{}}}'.format),
    st.sampled_from(["", " ", "\t\n", ",", "{}", "\x00", "\u2028"]),
).map(lambda parts: "".join(parts).encode())
broken = st.tuples(hostile_bodies, st.binary(max_size=2), st.integers(0, 200)).map(
    lambda parts: parts[0][: parts[2]] + parts[1] + parts[0][parts[2] :]
)


@settings(max_examples=200)
@given(body=hostile_bodies | broken)
def test_the_fast_body_checks_agree_with_the_exact_checks(body: bytes) -> None:
    expected = exactly(body)

    if expected is None:
        with pytest.raises(MalformedRequest):
            parse(body)
    else:
        assert json.dumps(parse(body)) == json.dumps(expected)


def test_duplicate_keys_do_not_hide_an_out_of_range_number() -> None:
    with pytest.raises(MalformedRequest):
        parse(b'{"a": 1e400, "a": 1}')
