"""Writes the generated blocks of every page, and the schema of the events."""

from tools.docs import event_schemas
from tools.docs.blocks import pages, updated

event_schemas.PATH.write_text(event_schemas.text())
for page in pages():
    page.write_text(updated(page.read_text()))
