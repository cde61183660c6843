"""Where Buildium's OpenAPI document is on this machine, if it is here at all."""

import os
from pathlib import Path

DOCUMENT_VARIABLE = "BUILDIUM_OPENAPI"
REPOSITORY = Path(__file__).resolve().parents[2]
MISSING = f"Buildium's OpenAPI document is not here: name it in {DOCUMENT_VARIABLE}"


def find_document() -> Path | None:
    """The document's path: what the variable names, else the usual place beside the repository, else None."""
    named = os.environ.get(DOCUMENT_VARIABLE)
    path = Path(named) if named else REPOSITORY.parent / "shared" / "buildium" / "openapi.json"
    return path if path.is_file() else None
