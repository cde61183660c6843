"""Descriptions, examples and formats of the document's schemas. The generator fails for a property without one."""
