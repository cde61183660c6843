"""Which of several equal creates with lost responses made an entity."""

from collections.abc import Sequence

from buildium_sync.domain.create_intent import CreateIntent
from buildium_sync.domain.entity_type import EntityType
from buildium_sync.domain.json_types import Payload
from buildium_sync.domain.reference_contract import Links
from buildium_sync.linking.lost_creates import Verdict, judge


def is_each_of_another_create(
    entity_type: EntityType, others: Sequence[CreateIntent], equal: Sequence[Payload], links: Links
) -> bool:
    """Return whether this create and the other open ones can have made one each of the equal entities.

    Equal creates are interchangeable: each takes the first entity, in order of id, that it can have made. A later
    create cannot have made the earlier entities.
    """
    makers = [sum(judge(entity_type, other, each, links) is Verdict.EQUAL for other in others) for each in equal]
    return all(count >= place for place, count in enumerate(makers))


def may_be_of_another(
    entity_type: EntityType,
    intent: CreateIntent,
    others: Sequence[CreateIntent],
    equal: Sequence[Payload],
    links: Links,
) -> bool:
    """Return whether some equal creates made nothing, and differ from this one in what Buildium does not show.

    Such creates, for example reversals of two payments, are not interchangeable.
    """
    twins = [other for other in others if judge(entity_type, other, equal[0], links) is Verdict.EQUAL]
    shown = entity_type.from_buildium(equal[0], links).keys()
    hidden = [name for name in intent.sent if name not in shown]
    is_mixed = any(
        not entity_type.values_equal(name, intent.sent[name], twin.sent.get(name)) for twin in twins for name in hidden
    )
    return is_mixed and len(equal) <= len(twins)


def would_strand_other(
    entity_type: EntityType,
    others: Sequence[CreateIntent],
    equal: Sequence[Payload],
    different: Sequence[Payload],
    links: Links,
) -> bool:
    """Return whether an equal create could be left without its entity, because this one adopts it.

    This create may have made one of the different entities, which was edited since. Another create, which was sent
    later, cannot have made that entity, so it would be sent again.
    """
    twins = [other for other in others if judge(entity_type, other, equal[0], links) is Verdict.EQUAL]
    return len(equal) <= len(twins) and any(
        judge(entity_type, twin, each, links) is Verdict.UNRELATED for twin in twins for each in different
    )


def fits_other(
    entity_type: EntityType, intent: CreateIntent, others: Sequence[CreateIntent], payload: Payload, links: Links
) -> bool:
    """Return whether another of several equal creates fits an entity better than the create of an intent."""
    shown = entity_type.from_buildium(payload, links)

    def fits(create: CreateIntent, name: str) -> bool:
        return entity_type.values_equal(name, create.sent.get(name), shown.get(name))

    names = [name for name in entity_type.distinguishing_fields if not fits(intent, name)]
    twins = [other for other in others if names and judge(entity_type, other, payload, links) is Verdict.EQUAL]
    return any(fits(twin, name) for twin in twins for name in names)
