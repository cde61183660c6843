"""Where Buildium's OpenAPI document is on this machine."""

import os
from pathlib import Path

DOCUMENT_VARIABLE = "BUILDIUM_OPENAPI"
REQUIRED_VARIABLE = "REQUIRE_ALL_TESTS"
REPOSITORY = Path(__file__).resolve().parents[2]
MISSING = f"Buildium's OpenAPI document is missing: set {DOCUMENT_VARIABLE} to its path"


def find_document() -> Path | None:
    """Return the path in BUILDIUM_OPENAPI, else the usual place beside the repository, else None.

    Raises FileNotFoundError instead of returning None if no test may be skipped.
    """
    named = os.environ.get(DOCUMENT_VARIABLE)
    path = Path(named) if named else REPOSITORY.parent / "shared" / "buildium" / "openapi.json"
    if path.is_file():
        return path
    if os.environ.get(REQUIRED_VARIABLE):
        raise FileNotFoundError(f"{MISSING}. {REQUIRED_VARIABLE} forbids to skip its tests.")
    return None
