"""The pages of entities in Buildium's web application."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from buildium_sync.domain.entity_type import EntityType

SETTING = "BUILDIUM_PAGE_PATHS"
_ID = "id"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PATH = re.compile(r"/(?!/)[A-Za-z0-9/._~?=&#%:@+-]*")
"""A path below a host, whose placeholders are replaced by ids. `//` would start a host."""


class BuildiumPage(NamedTuple):
    """The page of a type's entities: a path with `{id}` and reference fields, such as `{propertyId}`.

    With a `reference`, it is the page of the entity that this field names.
    """

    entity_type: str
    path: str
    reference: str | None = None


def buildium_pages(text: str, entity_types: Collection[EntityType]) -> tuple[BuildiumPage, ...]:
    """Return the known pages: those of the types, and those of `text`, such as `property=/properties/{id},owner=…`.

    A type without a page of its own has that of the entity it belongs to. Raises ValueError with the setting and the
    entry.
    """
    known = {each.name: each.page_path for each in entity_types} | _parse(text, entity_types)
    pages = (_page(entity_type, known) for entity_type in entity_types)
    return tuple(page for page in pages if page)


def types_without_page(pages: Collection[BuildiumPage], entity_types: Collection[EntityType]) -> list[str]:
    """Return the names of the types without a page."""
    found = {page.entity_type for page in pages}
    return [each.name for each in entity_types if each.name not in found]


def _page(entity_type: EntityType, paths: Mapping[str, str | None]) -> BuildiumPage | None:
    if path := paths[entity_type.name]:
        return BuildiumPage(entity_type.name, path)
    if (field := entity_type.shown_with) and (path := paths[entity_type.reference_fields[field]]):
        return BuildiumPage(entity_type.name, path, field)
    return None


def _parse(text: str, entity_types: Collection[EntityType]) -> dict[str, str | None]:
    by_name = {each.name: each for each in entity_types}
    found: dict[str, str | None] = {}
    for entry in (part.strip() for part in text.split(",") if text):
        name, _, path = entry.partition("=")
        reason = "the type is repeated" if name in found else next(_problems(by_name, name, path), None)
        if reason:
            raise ValueError(f"{SETTING}: {entry!r}: {reason}")
        found[name] = path
    return found


def _problems(by_name: Mapping[str, EntityType], name: str, path: str) -> Iterator[str]:
    """Yield what is wrong with an entry."""
    if name not in by_name:
        yield f"unknown entity type {name!r}; known types: {', '.join(sorted(by_name))}"
        return
    if not _PATH.fullmatch(_PLACEHOLDER.sub("0", path)):
        yield "the path must start with one / and have only the characters of a path, no host"
    placeholders = set(_PLACEHOLDER.findall(path))
    if _ID not in placeholders:
        yield f"the path must contain {{{_ID}}}"
    allowed = [_ID, *_single_references(by_name[name])]
    if unknown := sorted(placeholders.difference(allowed)):
        yield f"unknown placeholder {{{unknown[0]}}}; {name} has {', '.join(f'{{{each}}}' for each in allowed)}"


def _single_references(entity_type: EntityType) -> list[str]:
    """Return the reference fields that name one entity. The others end with `Ids`."""
    return [name for name in entity_type.reference_fields if name.endswith("Id")]
