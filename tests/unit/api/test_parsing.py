import pytest

from buildium_sync.api import parsing
from buildium_sync.errors import (
    ClientError,
    ContentTooLarge,
    FieldError,
    InvalidFields,
    MalformedRequest,
    NotFound,
    PreconditionFailed,
    UnsupportedMediaType,
)


class TestBodies:
    def test_a_json_object_is_parsed(self) -> None:
        assert parsing.parse_object('{"name": "Köln", "n": 1}'.encode()) == {"name": "Köln", "n": 1}

    @pytest.mark.parametrize("text", ["{", "NaN", '{"a": Infinity}', '{"a": "\\ud800"}', "{} {}", "[" * 99_999])
    def test_invalid_json_is_malformed(self, text: str) -> None:
        with pytest.raises(MalformedRequest):
            parsing.parse_object(text.encode())

    def test_a_surrogate_pair_is_one_character(self) -> None:
        assert parsing.parse_object(b'{"a": "\\ud83c\\udfe0"}') == {"a": "🏠"}

    def test_the_body_size_is_checked_first(self) -> None:
        with pytest.raises(ContentTooLarge):
            parsing.parse_object(b"{" * (parsing.MAX_BODY_BYTES + 1))

    @pytest.mark.parametrize("text", ["[]", "1", "null"])
    def test_json_other_than_an_object_is_rejected(self, text: str) -> None:
        with pytest.raises(InvalidFields):
            parsing.parse_object(text.encode())

    def test_a_base64_body_is_decoded(self) -> None:
        assert parsing.parse_body("e30=", is_base64=True) == b"{}"
        assert parsing.parse_body("e30=", is_base64=False) == b"e30="
        assert parsing.parse_body(None, is_base64=True) == parsing.parse_body(None, is_base64=False) == b""

    @pytest.mark.parametrize("text", ["e3", "{}", "é"])
    def test_invalid_base64_is_malformed(self, text: str) -> None:
        with pytest.raises(MalformedRequest):
            parsing.parse_body(text, is_base64=True)

    @pytest.mark.parametrize(
        "content_type",
        [
            None,
            "application/json",
            "application/json; charset=utf-8",
            'application/json;charset="UTF-8"',
            "application/json; Charset=UTF8 ; x=y",
            "application/json; charset=us-ascii",
        ],
    )
    def test_a_utf8_or_ascii_charset_is_accepted(self, content_type: str | None) -> None:
        parsing.check_charset(content_type)

    @pytest.mark.parametrize(
        "charset", ["iso-8859-1", '"Windows-1252"', "utf-16", "utf-7", "", "utf-8; charset=latin1"]
    )
    def test_a_body_in_another_charset_is_rejected(self, charset: str) -> None:
        with pytest.raises(UnsupportedMediaType):
            parsing.check_charset(f"application/json; charset={charset}")

    @pytest.mark.parametrize("body", ['{"name": "Caf�"}', '{"name": "Caf\\ufffd"}', '{"a": [{"�": 1}]}'])
    def test_a_body_with_a_replacement_character_is_malformed(self, body: str) -> None:
        with pytest.raises(MalformedRequest, match=r"U\+FFFD"):
            parsing.parse_object(body.encode())


class TestNumbers:
    def test_integers_are_exact_up_to_38_digits(self) -> None:
        digits = "9" * 38

        assert parsing.parse_object(f'{{"a": {digits}, "b": {digits}9}}'.encode()) == {"a": int(digits), "b": 1e39}

    @pytest.mark.parametrize("text", ["1998", "1998.0", "1.998e3", "1998.000", "19980E-1"])
    def test_a_number_without_a_fraction_is_an_integer(self, text: str) -> None:
        found = parsing.parse_object(f'{{"n": {text}}}'.encode())["n"]
        assert (found, type(found)) == (1998, int)

    @pytest.mark.parametrize(("text", "value"), [("1998.5", 1998.5), ("1e300", 1e300), ("-0.5", -0.5)])
    def test_numbers_with_fractions_or_large_exponents_are_floats(self, text: str, value: float) -> None:
        found = parsing.parse_object(f'{{"n": {text}}}'.encode())["n"]
        assert (found, type(found)) == (value, float)


class TestPaths:
    @pytest.mark.parametrize("path", ["/api/properties", "/api/properties/7-a", "/a%20b"])
    def test_a_plain_path_is_accepted(self, path: str) -> None:
        parsing.check_path(path)

    @pytest.mark.parametrize("path", ["", "/", "api", "/api/", "/a b", "/a\n", "/ä", "/" + "a" * 3302])
    def test_an_irregular_path_is_not_found(self, path: str) -> None:
        with pytest.raises(NotFound):
            parsing.check_path(path)


class TestPreferHeader:
    @pytest.mark.parametrize(
        ("header", "wait", "applied"),
        [
            (None, 5, None),
            ("wait=3", 3, "wait=3"),
            ('Wait = "3"', 3, "wait=3"),
            ("wait=100", 20, "wait=20"),
            ("wait=" + "9" * 400, 20, "wait=20"),
            ("respond-async", 0, "respond-async"),
            ("return=minimal, respond-async; foo=bar", 0, "respond-async"),
            ("handling=lenient, wait=2", 2, "wait=2"),
            ("wait=soon", 5, None),
            ("wait=²", 5, None),
        ],
    )
    def test_a_prefer_header_is_parsed_by_rfc_7240(self, header: str | None, wait: float, applied: str | None) -> None:
        assert parsing.parse_preference(header, 5) == parsing.WaitPreference(wait, applied)

    def test_the_default_wait_is_limited(self) -> None:
        assert parsing.parse_preference(None, 600).wait == parsing.MAX_WAIT_SECONDS


class TestIfMatch:
    @pytest.mark.parametrize(
        ("header", "versions"),
        [
            (None, None),
            ("*", None),
            (" * ", None),
            ('"3"', {3}),
            ('W/"3"', {3}),
            (" 3 ", {3}),
            ('"3","4"', {3, 4}),
            ('"x,y" , ,"3",W/"5",', {3, 5}),
            ('"abc"', set()),
            ('""', set()),
            ('W/"33a64df5"', set()),
            ('"03"', set()),
            ('"3.0"', set()),
            ('"' + "1" * 16 + '"', set()),
        ],
    )
    def test_if_match_is_parsed_into_versions(self, header: str | None, versions: set[int] | None) -> None:
        assert parsing.parse_if_match(header) == versions

    def test_an_etag_is_parsed_into_its_version(self) -> None:
        assert parsing.parse_if_match(parsing.etag(12)) == frozenset({12})

    @pytest.mark.parametrize(
        "header", ["", ",", "x", '"3', '3"', "3, 4", '"3" "4"', '"3", *', '*, "3"', '"a b"', '"٣"', 'w/"3"']
    )
    def test_invalid_if_match_is_malformed(self, header: str) -> None:
        with pytest.raises(MalformedRequest):
            parsing.parse_if_match(header)


class TestIdempotencyKey:
    @pytest.mark.parametrize(
        ("lines", "key"),
        [
            ([], None),
            (["8e03978e-40d5"], "8e03978e-40d5"),
            (['"8e03978e-40d5"'], "8e03978e-40d5"),
            ([' "a b; c, d" '], "a b; c, d"),
            (['"a\\"b\\\\c"'], 'a"b\\c'),
            (["a" * 255], "a" * 255),
            (["order:7/2026=x+~"], "order:7/2026=x+~"),
        ],
    )
    def test_an_idempotency_key_is_parsed_with_or_without_quotes(self, lines: list[str], key: str | None) -> None:
        assert parsing.parse_idempotency_key(lines) == key

    @pytest.mark.parametrize("lines", [[""], ["a", "a"], ['"a"', '"b"'], ['"a\\b"'], ["a;b=1"], ["a\nb"], ["a" * 256]])
    def test_an_invalid_or_repeated_idempotency_key_is_malformed(self, lines: list[str]) -> None:
        with pytest.raises(MalformedRequest, match="Idempotency-Key"):
            parsing.parse_idempotency_key(lines)


class TestQueryParameters:
    def test_a_page_has_50_items_by_default(self) -> None:
        assert (parsing.parse_limit(None), parsing.parse_limit("1"), parsing.parse_limit("100")) == (
            50,
            1,
            100,
        )

    @pytest.mark.parametrize("text", ["", "0", "101", "-1", "1.0", "٣", "0" * 300])
    def test_a_limit_out_of_bounds_is_malformed(self, text: str) -> None:
        with pytest.raises(MalformedRequest):
            parsing.parse_limit(text)

    def test_no_cursor_is_the_first_page(self) -> None:
        assert parsing.parse_cursor(None) is parsing.parse_cursor("") is None

    def test_a_cursor_is_passed_through_unchanged(self) -> None:
        assert parsing.parse_cursor("eyJwayI6ICJhIn0=") == "eyJwayI6ICJhIn0="

    @pytest.mark.parametrize("text", ["x", "é", "W10=", "eyJhIjoiXHVkODAwIn0=", "eyJh" + "IiAg" * 300])
    def test_an_invalid_cursor_is_malformed(self, text: str) -> None:
        with pytest.raises(MalformedRequest):
            parsing.parse_cursor(text)

    def test_a_choice_is_parsed_by_name(self) -> None:
        choices = {"failed": 1, "blocked": 2}

        assert parsing.parse_choice("status", None, choices, 1) == 1
        assert parsing.parse_choice("status", "blocked", choices, 1) == 2
        with pytest.raises(MalformedRequest, match="status must be one of failed, blocked"):
            parsing.parse_choice("status", "other", choices, 1)

    def test_a_required_parameter_must_not_be_empty(self) -> None:
        assert parsing.parse_required({"entityId": "7"}, "entityId") == "7"
        for query in ({}, {"entityId": ""}):
            with pytest.raises(MalformedRequest, match="entityId"):
                parsing.parse_required(query, "entityId")


class TestProblems:
    @pytest.mark.parametrize("error", [PreconditionFailed("The current version is 3."), NotFound("There is none.")])
    def test_a_problem_contains_the_errors_title_status_and_detail(self, error: ClientError) -> None:
        expected = {"type": "about:blank", "title": error.title, "status": error.status, "detail": error.detail}

        assert parsing.problem(error) == expected

    def test_a_problem_names_the_invalid_fields(self) -> None:
        body = parsing.problem(InvalidFields([FieldError("name", "is required")]))

        assert body["detail"] == "name: is required"
        assert body["errors"] == [{"field": "name", "message": "is required"}]

    def test_a_problem_names_100_fields_at_most(self) -> None:
        body = parsing.problem(InvalidFields([FieldError(f"field{n}", "is wrong") for n in range(101)]))

        assert len(body["errors"]) == 100
        assert body["detail"].startswith("101 fields")

    def test_an_internal_error_problem_has_the_request_id(self) -> None:
        assert parsing.internal_error("request-1")["requestId"] == "request-1"
