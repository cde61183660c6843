"""Counts and entity types in texts for people, in the singular or plural. Pure."""

import re


def pluralize(count: int, singular: str, plural: str | None = None) -> str:
    """Return a count with its noun, for example `1 call` or `2 calls`."""
    return f"{count} {singular if count == 1 else plural or f'{singular}s'}"


def type_plural(entity_type: str) -> str:
    """Return the plural of an entity type in a sentence, for example `bank accounts`. It is the collection's name."""
    singular = entity_type.replace("-", " ")
    return f"{singular[:-1]}ies" if re.search(r"[^aeiou]y$", singular) else f"{singular}s"
