"""A load writes every valid row once, whatever fails, and reports the others."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.load.flaky_api import API_KEY, INVALID, FlakyApi
from tools.load import __main__ as load
from tools.load.client import ApiClient
from tools.openapi.document import document

MANY = 50_000


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[FlakyApi]:
    monkeypatch.setenv("API_KEY", API_KEY)
    with FlakyApi().serving() as api:
        yield api


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between requests, which take no time."""
    found: list[float] = []
    create = ApiClient.__init__

    def without_waits(client: ApiClient, url: str, api_key: str) -> None:
        create(client, url, api_key, found.append)

    monkeypatch.setattr(ApiClient, "__init__", without_waits)
    return found


def row(number: int, **fields: Any) -> dict[str, Any]:
    return {"externalId": f"A-{number}", "name": f"Property {number}", **fields}


def ndjson(folder: Path, rows: list[Any]) -> Path:
    path = folder / "rows.ndjson"
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in rows))
    return path


def run(api: FlakyApi, path: Path, *options: str) -> int:
    return load.main([str(path), "--url", api.url, "--collection", "properties", *options])


def rejected(path: Path) -> list[dict[str, Any]]:
    lines = path.with_name(f"{path.name}.rejected.ndjson").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_many_rows_are_loaded_in_spite_of_failures(api: FlakyApi, tmp_path: Path) -> None:
    api.failures = 0.1
    path = ndjson(tmp_path, [row(number) for number in range(MANY)])

    assert run(api, path) == 0

    assert len(api.stored) == MANY
    assert sorted(tmp_path.iterdir()) == [path]


def test_an_interrupted_load_resumes(api: FlakyApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = ndjson(tmp_path, [row(number, name=INVALID if number % 500 == 7 else "a") for number in range(2000)])
    api.down_after = 10
    assert run(api, path, "--workers", "1") == 2
    assert "1000 rows are done" in capsys.readouterr().err

    api.down_after = None
    written = len(api.history)
    assert run(api, path) == 1

    assert len(api.history) == 1996
    assert written == 998
    assert [each["row"] for each in rejected(path)] == [8, 508, 1008, 1508]
    assert "2000 of 2000 rows, 4 rejected" in capsys.readouterr().err


def test_a_changed_file_is_loaded_from_its_start(api: FlakyApi, tmp_path: Path) -> None:
    path = ndjson(tmp_path, [row(number) for number in range(300)])
    api.down_after = 1
    assert run(api, path, "--workers", "1") == 2

    api.down_after = None
    ndjson(tmp_path, [row(number, name="new") for number in range(300)])
    assert run(api, path) == 0

    assert {each["name"] for each in api.stored.values()} == {"new"}


def test_rejected_rows_are_stored_with_their_problems(api: FlakyApi, tmp_path: Path) -> None:
    rows = [row(1), "not JSON", row(3, name=INVALID), {"name": "no id"}, row(5, name="lost \ufffd"), row(6)]
    path = ndjson(tmp_path, rows)

    assert run(api, path) == 1

    assert sorted(api.stored) == ["A-1", "A-6"]
    assert [(each["row"], each["status"]) for each in rejected(path)] == [(2, 422), (3, 422), (4, 422), (5, 400)]
    assert rejected(path)[1]["body"] == row(3, name=INVALID)
    assert all(each["problem"]["detail"] for each in rejected(path))


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_numbers_that_json_lacks_are_rejected(api: FlakyApi, tmp_path: Path, number: str) -> None:
    path = ndjson(tmp_path, [row(1), f'{{"externalId": "A-2", "name": "b", "amount": {number}}}', row(3)])

    assert run(api, path) == 1

    assert sorted(api.stored) == ["A-1", "A-3"]
    assert [each["row"] for each in rejected(path)] == [2]


def test_rows_with_one_external_id_are_written_in_order(api: FlakyApi, tmp_path: Path) -> None:
    api.first_delay_seconds = 0.3
    path = ndjson(tmp_path, [row(number % 100, name=f"version {number // 100}") for number in range(200)])

    assert run(api, path) == 0

    assert {each["name"] for each in api.stored.values()} == {"version 1"}


@pytest.mark.parametrize("ids", [7, 40, 150])
def test_failures_keep_the_order_of_one_external_id(api: FlakyApi, tmp_path: Path, ids: int) -> None:
    api.failures = 0.5
    path = ndjson(tmp_path, [row(number % ids, name=f"version {number:04}") for number in range(600)])

    assert run(api, path) == 0

    written: dict[str, list[str]] = {}
    for external_id, name in api.history:
        written.setdefault(external_id, []).append(name)
    assert all(names == sorted(names) for names in written.values())
    last = range(600 - ids, 600)
    assert {each["name"] for each in api.stored.values()} == {f"version {number:04}" for number in last}


def test_retry_after_sets_the_wait(api: FlakyApi, tmp_path: Path, waits: list[float]) -> None:
    api.down_after = 0
    assert run(api, ndjson(tmp_path, [row(1)])) == 2
    assert set(waits) == {2.0}


def test_a_wrong_key_stops_the_load(
    api: FlakyApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("API_KEY", "wrong")
    assert run(api, ndjson(tmp_path, [row(1)])) == 2
    assert "403" in capsys.readouterr().err


class TestCsv:
    @pytest.fixture(autouse=True)
    def _document(self, api: FlakyApi) -> None:
        api.document = document()

    def test_cells_have_the_types_of_their_fields(self, api: FlakyApi, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv"
        path.write_text(
            "externalId,name,postalCode,yearBuilt,operatingBankAccountId,addressLine2,structureDescription\n"
            'A-1,"Elm, House",01234,1999,17,,true\n'
        )

        assert run(api, path) == 0

        assert api.stored["A-1"] == {
            "externalId": "A-1",
            "name": "Elm, House",
            "postalCode": "01234",
            "yearBuilt": 1999,
            "operatingBankAccountId": 17,
            "structureDescription": "true",
        }

    def test_names_with_dots_are_nested_fields(self, api: FlakyApi, tmp_path: Path) -> None:
        path = tmp_path / "bills.csv"
        path.write_text(
            "externalId,name,vendorId,lines.0.amount,lines.0.memo,lines.1.amount\nB-1,a,8f0c,10.5,Pipe,20\n"
        )

        assert load.main([str(path), "--url", api.url, "--collection", "bills"]) == 0

        assert api.stored["B-1"]["lines"] == [{"amount": 10.5, "memo": "Pipe"}, {"amount": 20}]
        assert api.stored["B-1"]["vendorId"] == "8f0c"

    def test_a_cell_of_another_type_is_rejected(self, api: FlakyApi, tmp_path: Path) -> None:
        path = tmp_path / "rows.csv"
        path.write_text("externalId,name,yearBuilt\nA-1,a,new\nA-2,b,1999\nA-3,c,2000,extra\n")

        assert run(api, path) == 1

        assert list(api.stored) == ["A-2"]
        assert [each["row"] for each in rejected(path)] == [1, 3]

    def test_a_cell_that_is_no_number_is_rejected(self, api: FlakyApi, tmp_path: Path) -> None:
        path = tmp_path / "bills.csv"
        path.write_text("externalId,name,lines.0.amount\nB-1,a,NaN\nB-2,b,1e999\nB-3,c,1\n")

        assert load.main([str(path), "--url", api.url, "--collection", "bills"]) == 1

        assert list(api.stored) == ["B-3"]
        assert [each["row"] for each in rejected(path)] == [1, 2]
