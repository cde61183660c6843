"""Checks of the defaults for new Buildium entities: set, found in the account, or to be chosen."""

from collections.abc import Iterator

from buildium_sync.account.account_reads import AccountReads, Reading
from buildium_sync.account.check import Check, failed, passed, warning
from buildium_sync.domain.choices import choices_text, payload_name
from buildium_sync.domain.outbound_contract import AccountDefault
from buildium_sync.entity_types.registry import all_types
from buildium_sync.settings import AccountSettings


def default_checks(settings: AccountSettings, reads: AccountReads) -> Iterator[Check]:
    """Yield the check of each default whose list was read."""
    defaults = {default.field: default for entity_type in all_types() for default in entity_type.defaults}
    for default in defaults.values():
        reading = reads.readings.get(default.path)
        if reading is not None and reading.error is None:
            yield _default_check(default, settings, reading)


def _default_check(default: AccountDefault, settings: AccountSettings, reading: Reading) -> Check:
    name, choices = f"default:{default.field}", choices_text(reading.rows)
    setting, buildium_id = settings.variables()[default.setting].name, getattr(settings, default.setting)
    chosen = [each for each in reading.rows if buildium_id in (None, each["Id"])]
    if not reading.rows:
        remedy = f"Create one in Buildium, or send {default.field} with each entity."
        return warning(name, f"The account has no choice for {default.field}.", remedy)
    if buildium_id is None and len(chosen) > 1:
        detail = f"{default.field} has several choices, and entities without it are blocked: {choices}."
        return warning(name, detail, f"Set {setting} to one of the ids, or send {default.field} with each entity.")
    if chosen:
        why = "the only one of the account" if buildium_id is None else f"set by {setting}"
        return passed(name, f"{chosen[0]['Id']} ({payload_name(chosen[0])}), {why}.")
    if not reading.is_complete:
        return warning(name, f"{setting} is {buildium_id}, and the account has too many to check it.", "Check the id.")
    detail = f"{setting} is {buildium_id}, which is not one of the account's active choices: {choices}."
    return failed(name, detail, f"Set {setting} to one of the ids.")
