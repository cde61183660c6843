"""Redacts secret values that a server repeats in a text, in any spelling."""

import re
from collections.abc import Collection, Iterable, Iterator

MASK = "[redacted]"
_MIN_SECRET_LENGTH = 4
"""Characters. A shorter value occurs in texts by chance."""
_MIN_NUMBER_DIGITS = 6
"""Digits of a number that is recognized in another spelling."""
_PERSONAL_NUMBER = re.compile(r"\b([0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{2}-[0-9]{7})\b")
"""A social security number or an employer's number, which may be of another person."""
_DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class RecentSecrets:
    """The secret values that a process sent or read last. Buildium may quote an older one than a call contains."""

    def __init__(self, most: int = 500) -> None:
        self._values: dict[str, None] = {}
        self._most = most

    def add(self, values: Iterable[str]) -> None:
        """Remember values, and forget the oldest ones beyond the limit."""
        self._values |= dict.fromkeys(values)
        for oldest in list(self._values)[: -self._most]:
            self._values.pop(oldest, None)

    def __iter__(self) -> Iterator[str]:
        """Iterate over a copy: other threads may add values."""
        return iter(list(self._values))


def masked(text: str, secrets: Collection[str]) -> str:
    """Return the text without the values of `secrets`, and without personal numbers."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _MIN_SECRET_LENGTH:
            text = re.sub(_any_spelling(secret), MASK, text)
    return _PERSONAL_NUMBER.sub(MASK, text)


def _any_spelling(secret: str) -> str:
    """Return a pattern for a secret. A number may be repeated with other separators, a date in another order."""
    if _DATE.fullmatch(secret):
        year, month, day = secret.split("-")
        return "|".join(_dates(year, month, day))
    digits = [each for each in secret if each.isdigit()]
    is_number = len(digits) >= _MIN_NUMBER_DIGITS and all(each.isdigit() or each in " -." for each in secret)
    return r"[ .\-]*".join(digits) if is_number else re.escape(secret)


def _dates(year: str, month: str, day: str) -> Iterator[str]:
    """Yield patterns for a date of three numbers in any order, and for one with the name of the month."""
    numbers = f"0?{int(month)}", f"0?{int(day)}"
    name = f"{_MONTHS[int(month) - 1]}[a-z]*"
    yield rf"{year}[-/. ]?{numbers[0]}[-/. ]?{numbers[1]}"
    yield from (rf"{one}[-/. ]{other}[-/. ]{year}" for one, other in (numbers, numbers[::-1]))
    yield from (rf"(?i:{name})\.? {numbers[1]},? {year}", rf"{numbers[1]}\.? (?i:{name}),? {year}")
