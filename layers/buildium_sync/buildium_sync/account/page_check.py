"""The check that the console can link every entity to its page in Buildium."""

from collections.abc import Collection, Iterator

from buildium_sync.account.check import Check, passed, warning
from buildium_sync.domain.buildium_pages import SETTING, BuildiumPage, types_without_page
from buildium_sync.entity_types.registry import all_types
from buildium_sync.settings import AccountSettings


def page_checks(settings: AccountSettings, pages: Collection[BuildiumPage]) -> Iterator[Check]:
    """Yield the check of the pages, none without an address of Buildium's web application."""
    if settings.app_url is None:
        return
    missing = types_without_page(pages, all_types())
    if missing:
        detail = f"The console has no links to Buildium for these types: {', '.join(missing)}."
        remedy = f"Open one in Buildium, put the path of its page into {SETTING} with {{id}} for its id, and deploy."
        yield warning("pages", detail, remedy)
    else:
        yield passed("pages", "The console links the entities of all types to Buildium.")
