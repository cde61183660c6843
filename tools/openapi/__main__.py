"""Writes the document that is checked in and served."""

from tools.openapi.document import PATH, text

PATH.parent.mkdir(parents=True, exist_ok=True)
PATH.write_text(text())
