"""Writes the generated blocks of every page."""

from tools.docs.blocks import pages, updated

for page in pages():
    page.write_text(updated(page.read_text()))
