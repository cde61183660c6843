"""Tests of the entity types: fields, validation, and the two mappings."""
