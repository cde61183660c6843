"""The stored state of an import."""

from buildium_sync.reconcile.imports.state import ImportState


def test_a_type_that_restarts_drops_only_its_own_errors() -> None:
    types = {name: ImportState.waiting_type() for name in ("property", "owner")}
    current = ImportState.start(0.0, types=types)
    for name in ("property", "owner"):
        current.start_type(name)
        current.note_error(name, 7, "Field required")
    current.restart_type("property")

    assert [each["entityType"] for each in current.errors] == ["owner"]
