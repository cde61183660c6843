"""An example application: its properties are in SQLite and stay equal to Buildium, whichever side changes them.

`save` writes a property and an outbox row in one transaction. The row names the fields that changed. `push` sends their
values to the API under the property's own key. `pull` follows the change feed and reads what changed.

`API_URL` and `API_KEY` are the API's address and key; the database is `app.db` in the current directory. The package
`requests` is required; `.venv` of the project has it.

    python app.py create name="Oak House" addressLine1="1 Main Street" city=Portland state=OR postalCode=97201 \\
        country=US rentalSubType=SingleFamily
    python app.py edit <key> city=Salem
    python app.py sync
    python app.py list
"""

import json
import os
import sqlite3
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import requests

COLUMNS = ("name", "addressLine1", "city", "state", "postalCode", "country", "rentalSubType")
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS property (id TEXT PRIMARY KEY, {", ".join(COLUMNS)}, deleted INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, fields TEXT, error TEXT);
CREATE TABLE IF NOT EXISTS feed (cursor TEXT);
"""
TIMEOUT_SECONDS = 35
GONE = 410
_REJECTED = frozenset({400, 409, 412, 413, 422})
"""Only these concern the change. After all other errors it is sent again later."""


class App:
    """The application. `url` is the base URL of the API, as in the output `ApiUrl`."""

    def __init__(self, database: str, url: str, api_key: str) -> None:
        self._db = sqlite3.connect(database, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(SCHEMA)
        self._url = f"{url}/api"
        self._http = requests.Session()
        self._http.headers.update({"x-api-key": api_key, "Prefer": "respond-async"})

    def save(self, fields: Mapping[str, Any], key: str | None = None) -> str:
        """Create or update a property in the application. Return its key. A rejected change is sent again with it.

        Raises ValueError for a field that is none of `COLUMNS`.
        """
        if unknown := fields.keys() - set(COLUMNS):
            raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
        key = key or str(uuid.uuid4())
        with self._transaction():
            self._store(key, fields)
            rows = self._db.execute("DELETE FROM outbox WHERE id = ? AND error IS NOT NULL RETURNING fields", (key,))
            names = {name for row in rows.fetchall() for name in json.loads(row["fields"])} | fields.keys()
            self._db.execute("INSERT INTO outbox (id, fields) VALUES (?, ?)", (key, json.dumps(sorted(names))))
        return key

    def properties(self) -> dict[str, dict[str, Any]]:
        """Return the properties that are not deleted, by key."""
        rows = self._db.execute("SELECT * FROM property WHERE NOT deleted")
        return {row["id"]: {name: row[name] for name in COLUMNS} for row in rows}

    def rejected(self) -> list[tuple[str, str]]:
        """Return the key and the error of each change that the API rejected. A person corrects the property."""
        return [tuple(row) for row in self._db.execute("SELECT id, error FROM outbox WHERE error IS NOT NULL")]

    def sync(self) -> None:
        """Send the application's changes, then read those of Buildium. Raises RequestException: call it again later."""
        self.push()
        self.pull()

    def push(self) -> None:
        """Send the outbox in order. A rejected change stays there with its error."""
        waiting = self._db.execute("SELECT number, id, fields FROM outbox WHERE error IS NULL ORDER BY number")
        for number, key, names in waiting.fetchall():
            row = self._db.execute("SELECT * FROM property WHERE id = ?", (key,)).fetchone()
            response = self._http.put(
                f"{self._url}/properties/external-id/{quote(key, safe='')}",
                json={name: row[name] for name in json.loads(names)},
                timeout=TIMEOUT_SECONDS,
            )
            if response.status_code in _REJECTED:
                self._db.execute("UPDATE outbox SET error = ? WHERE number = ?", (response.text, number))
                continue
            response.raise_for_status()
            with self._transaction():
                self._db.execute("DELETE FROM outbox WHERE number = ?", (number,))
                self._apply(key, response.json()["property"])

    def pull(self) -> None:
        """Follow the change feed to its end. The cursor is stored after the changes, so none is skipped."""
        cursor = self._cursor()
        if cursor is None:
            cursor = self._load_all()
        while True:
            response = self._get("/changes", {"cursor": cursor, "entityType": "property"}, allowed=GONE)
            if response.status_code == GONE:
                cursor = self._load_all()
                continue
            page = response.json()
            for entity_id in dict.fromkeys(change["entityId"] for change in page["items"]):
                self._refresh(self._get(f"/properties/{entity_id}").json()["property"])
            cursor = page["nextCursor"]
            self._set_cursor(cursor)
            if not page["hasMore"]:
                return

    def _load_all(self) -> str:
        """Read every property, after the cursor at which the feed continues. Return that cursor."""
        cursor = str(self._get("/changes", {"cursor": "latest"}).json()["nextCursor"])
        for entity in self._list("/properties"):
            self._refresh(entity)
        self._set_cursor(cursor)
        return cursor

    def _refresh(self, entity: Mapping[str, Any]) -> None:
        key = entity["externalId"] or self._adopt(entity["id"])
        with self._transaction():
            self._apply(key, entity)

    def _apply(self, key: str, entity: Mapping[str, Any]) -> None:
        """Store the fields that the API returned, except those that the application has still to send."""
        rows = self._db.execute("SELECT fields FROM outbox WHERE id = ?", (key,))
        unsent = {name for row in rows for name in json.loads(row["fields"])}
        fields = {name: entity[name] for name in COLUMNS if name not in unsent}
        self._store(key, {**fields, "deleted": entity.get("deletedAt") is not None})

    def _adopt(self, entity_id: str) -> str:
        """Give a property that was created in Buildium a key of the application."""
        key = entity_id
        body = {"externalId": key}
        self._http.put(f"{self._url}/properties/{entity_id}", json=body, timeout=TIMEOUT_SECONDS).raise_for_status()
        return key

    def _store(self, key: str, fields: Mapping[str, Any]) -> None:
        self._db.execute("INSERT OR IGNORE INTO property (id) VALUES (?)", (key,))
        assignments = ", ".join(f"{name} = ?" for name in fields)
        statement = f"UPDATE property SET {assignments} WHERE id = ?"  # noqa: S608 -- the names are those of columns
        self._db.execute(statement, [*fields.values(), key])

    def _list(self, path: str) -> Iterable[dict[str, Any]]:
        query: dict[str, str] = {}
        while True:
            page = self._get(path, query).json()
            yield from page["items"]
            if page["nextCursor"] is None:
                return
            query = {"cursor": page["nextCursor"]}

    def _get(self, path: str, query: Mapping[str, str] | None = None, *, allowed: int = 200) -> requests.Response:
        response = self._http.get(self._url + path, params=query, timeout=TIMEOUT_SECONDS)
        if response.status_code != allowed:
            response.raise_for_status()
        return response

    def _cursor(self) -> str | None:
        row = self._db.execute("SELECT cursor FROM feed").fetchone()
        return row["cursor"] if row else None

    def _set_cursor(self, cursor: str) -> None:
        with self._transaction():
            self._db.execute("DELETE FROM feed")
            self._db.execute("INSERT INTO feed VALUES (?)", (cursor,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Run a transaction that locks the database from its beginning."""
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            yield


def main(arguments: list[str]) -> None:
    """Run one command."""
    app = App("app.db", os.environ["API_URL"], os.environ["API_KEY"])
    match arguments:
        case ["create", *fields]:
            print(app.save(dict(each.split("=", 1) for each in fields)))
        case ["edit", key, *fields]:
            app.save(dict(each.split("=", 1) for each in fields), key)
        case ["sync"]:
            app.sync()
            for key, error in app.rejected():
                print(f"rejected: {key}: {error}")
        case ["list"]:
            for key, fields_of_key in app.properties().items():
                print(key, json.dumps(fields_of_key))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
