"""Three-way merge of an entity's fields: what both sides had, what ours has now, what Buildium has now."""

from dataclasses import dataclass

from buildium_sync.entities.base import EntityType, Fields


@dataclass(frozen=True, slots=True)
class Merged:
    """The fields that both sides should have, and the names of those that both sides had changed."""

    fields: Fields
    conflicts: tuple[str, ...]


def merge(entity_type: EntityType, *, base: Fields, ours: Fields, theirs: Fields) -> Merged:
    """Merge field by field.

    A field changed on one side takes that side's value. One changed on both is a conflict and keeps ours, unless
    only Buildium edits it. A spelling that means the same is no change. A field that `theirs` lacks is one that
    Buildium does not tell, and keeps ours.
    """
    fields: Fields = {}
    conflicts = []
    for name in dict.fromkeys([*ours, *theirs]):
        mine, other, before = ours.get(name), theirs.get(name), base.get(name)
        if name not in theirs or entity_type.same(name, mine, other):
            fields[name] = mine
        elif name in entity_type.buildium_fields or entity_type.same(name, mine, before):
            fields[name] = other
        else:
            fields[name] = mine
            if not entity_type.same(name, other, before):
                conflicts.append(name)
    return Merged(fields, tuple(conflicts))


def changed(entity_type: EntityType, before: Fields, after: Fields) -> bool:
    """Tell whether any field of `after` means something else than in `before`."""
    return any(not entity_type.same(name, before.get(name), value) for name, value in after.items())
