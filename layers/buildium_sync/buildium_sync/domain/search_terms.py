"""The terms by which a person finds an entity: names, e-mail addresses and streets, without case and accents. Pure.

A search finds an entity by the beginning of a term. A name or street has a further term for each of its later words.
"""

import unicodedata
from collections.abc import Iterator

from buildium_sync.domain.entity import Entity
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Fields
from buildium_sync.domain.labels import name_of

MIN_LENGTH = 2
"""Characters of a search. The first ones are the partition of a term."""
_MAX_LENGTH = 64
_MAX_WORDS = 4
"""Words of a value from which a term starts."""
_NAMES = ("name", "companyName", "firstName", "lastName", "title", "unitNumber")
_WORDED_ENDINGS = ("addressline1",)
_WHOLE_ENDINGS = ("email",)


def search_term(text: str) -> str:
    """Return a text without case, accents and repeated spaces, in at most 64 characters."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(plain.split())[:_MAX_LENGTH].rstrip()


def search_terms(entity_type: EntityType, entity: Entity) -> frozenset[str]:
    """Return the terms of an entity. Secret fields have none."""
    fields = {name: value for name, value in entity.fields.items() if name not in entity_type.secret_fields}
    return frozenset(term for term in _terms(fields) if len(term) >= MIN_LENGTH)


def _terms(fields: Fields) -> Iterator[str]:
    full_name = name_of(fields)
    if full_name:
        yield from _from_each_word(search_term(full_name))
    for name, value in fields.items():
        if isinstance(value, str):
            ending = name.lower()
            if name in _NAMES or ending.endswith(_WORDED_ENDINGS):
                yield from _from_each_word(search_term(value))
            elif ending.endswith(_WHOLE_ENDINGS):
                yield search_term(value)


def _from_each_word(term: str) -> Iterator[str]:
    words = term.split(" ")
    for start in range(min(len(words), _MAX_WORDS)):
        yield " ".join(words[start:])
