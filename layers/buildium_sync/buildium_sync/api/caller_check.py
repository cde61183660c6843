"""Checks what the sender of a request may do. API Gateway has checked the API key before."""

from buildium_sync.clock import Clock
from buildium_sync.domain.operator import READ_METHODS, Caller, Operator
from buildium_sync.errors import OperatorRequired
from buildium_sync.store.operator_items import OperatorStore

_CACHE_SECONDS = 60.0
"""A changed role applies within this time. A deleted key is rejected by API Gateway at once."""
_MAX_CACHED_KEYS = 1000


class CallerCheck:
    """The operators of the API keys, cached in this process.

    `application_can_operate` is the setting APPLICATION_KEY_CAN_OPERATE.
    """

    def __init__(self, store: OperatorStore, clock: Clock, *, application_can_operate: bool) -> None:
        self._store = store
        self._clock = clock
        self._application_can_operate = application_can_operate
        self._cached: dict[str, tuple[float, Operator | None]] = {}

    def caller(self, key: str) -> Caller:
        """Return the caller of an API key."""
        return Caller(self._operator(key), self._application_can_operate)

    def require(self, key: str, method: str, path: str) -> None:
        """Raise OperatorRequired if the caller may not send a request to a path. Reads need no lookup.

        `path` is that of the route, because the path of a request can have several spellings.
        """
        if method in READ_METHODS:
            return
        caller = self.caller(key)
        if not caller.may(method, path):
            raise _too_low(caller)

    def require_operator(self, key: str) -> None:
        """Raise OperatorRequired if the caller may not do what only operators may do."""
        caller = self.caller(key)
        if not caller.can_operate:
            raise _too_low(caller)

    def _operator(self, key: str) -> Operator | None:
        now = self._clock()
        until, operator = self._cached.get(key, (0.0, None))
        if until <= now:
            operator = self._store.find(key)
            if len(self._cached) >= _MAX_CACHED_KEYS:
                self._cached.clear()
            self._cached[key] = (now + _CACHE_SECONDS, operator)
        return operator


def _too_low(caller: Caller) -> OperatorRequired:
    if caller.operator is not None:
        return OperatorRequired(f"The key of {caller.operator.name} may only read. It needs the role operate.")
    return OperatorRequired(
        "The application's key cannot do this. Use an operator's key, or set APPLICATION_KEY_CAN_OPERATE=true."
    )
