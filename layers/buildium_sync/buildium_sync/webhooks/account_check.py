"""Compares the Buildium account of webhook events with the account of the stack.

Two accounts use the same ids, so an event of another account would name the wrong entity.
"""

from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from buildium_sync.observability import logger
from buildium_sync.store.account_ids import AccountIdStore
from buildium_sync.webhooks.event_parser import Event


class AccountCheck:
    """Knows the account of the stack: a setting, or the account of the first event.

    A process reads the stored account once.
    """

    def __init__(self, account_id: int | None, accounts: Callable[[], AccountIdStore]) -> None:
        self._account_id = account_id
        self._accounts = accounts

    def reason(self, event: Event) -> str | None:
        """Return why an event must be ignored, None for an event of this account or without an account id."""
        account_id = event["accountId"]
        if account_id is None:
            return None
        expected = self._expected(account_id)
        if account_id == expected:
            return None
        return f"The event is of the Buildium account {account_id}, and this stack syncs the account {expected}."

    def _expected(self, account_id: int) -> int:
        if self._account_id is None:
            try:
                self._account_id = self._accounts().first_seen(account_id)
            except (BotoCoreError, ClientError) as error:
                # The event is signed. To lose it would be worse than to read an entity without need.
                logger.warning("Buildium account could not be compared", extra={"error": type(error).__name__})
                return account_id
        return self._account_id
