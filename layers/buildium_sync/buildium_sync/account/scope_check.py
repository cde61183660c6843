"""Checks that the account has the properties that the stack is limited to."""

from collections.abc import Iterator

from buildium_sync.account.account_reads import AccountReads
from buildium_sync.account.check import Check, failed, passed
from buildium_sync.domain.plurals import pluralize
from buildium_sync.entity_types.registry import all_types
from buildium_sync.settings import AccountSettings

_ID_FILTER = "propertyids"


def scope_checks(settings: AccountSettings, reads: AccountReads) -> Iterator[Check]:
    """Yield the check of BUILDIUM_PROPERTY_IDS, none if it is empty or if Buildium could not be asked for all ids."""
    listed = settings.property_ids
    path = next(each.path for each in all_types() if each.is_scope_root)
    found = reads.read_ids(path, _ID_FILTER, sorted(listed)) if listed else None
    if found is None:
        return
    unknown, setting = sorted(listed - found), settings.variables()["property_ids"].name
    if unknown:
        detail = f"{setting} has ids that are not properties of this account: {', '.join(map(str, unknown))}."
        yield failed(
            "scope", detail, f"Correct the ids in {setting} and deploy. Buildium shows a property's id in its URL."
        )
    else:
        properties = pluralize(len(listed), "property", "properties")
        yield passed("scope", f"The stack is limited to {properties} of the account, and to those it creates.")
