"""What the body of an error response says, whatever its shape.

Buildium documents `{UserMessage, ErrorCode, Errors: [{Key, Value}]}`. Its gateway, a proxy or another version of it
sends other shapes: RFC 9457 (`title`, `detail`), ASP.NET (`errors` or `ModelState` by field), OAuth (`error`,
`error_description`), API Gateway (`message`), lists, plain text and HTML.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from buildium_sync.errors import FieldError

_TEXTS = ("usermessage", "title", "detail", "message", "error", "errordescription", "exceptionmessage")
"""Keys of an error's own text, in lower case and without separators."""
_LISTS = ("errors", "modelstate", "validationerrors", "details")
"""Keys of what is wrong with each field."""
_FIELDS = ("key", "field", "property", "propertyname", "name", "parameter", "loc", "pointer")
_MESSAGES = ("value", "message", "errormessage", "detail", "description", "reason", "msg", "title", "error")
_MOST_ERRORS = 20
_LONGEST_ERROR = 200
"""Characters of one field error: the sync record has room for all of them."""
_DEEPEST = 4
_MASK = "[redacted]"
_SHORTEST_SECRET = 4
"""Characters: a shorter value stands in texts by chance."""
_SHORTEST_NUMBER = 6
"""Digits of a number that is recognized in another spelling."""
_MARKUP = re.compile(r"<\s*(!doctype|html|head|body|title|h[1-6]|p|div|pre|center)\b", re.IGNORECASE)
_SEPARATORS = re.compile(r"[^a-z]")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The text for a person, and what is wrong with which field."""

    text: str
    errors: tuple[FieldError, ...] = ()


def explain(body: bytes, *, charset: str | None, reason: str, secrets: Collection[str] = ()) -> Explanation:
    """Return what a body says, or `reason` where it says nothing. No value of `secrets` is in it."""
    text = _decoded(body, charset)
    try:
        said, errors = _of_json(json.loads(text))
    except (ValueError, RecursionError):
        said, errors = _of_text(text), []
    shown = [FieldError(_shown(e.field, secrets), _shown(e.message, secrets)) for e in errors[:_MOST_ERRORS]]
    return Explanation(_together(_clean(_masked(said, secrets)), shown) or reason, tuple(shown))


def shortened(text: str, longest: int) -> str:
    """Return a text of at most `longest` characters."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _together(said: str, errors: list[FieldError]) -> str:
    """Return the text with the errors behind it. One that only repeats an error is left out."""
    details = "; ".join(map(str, errors))
    if not said or any(error.message == said for error in errors):
        return details
    return f"{said} ({details})" if details else said


def _of_json(value: Any) -> tuple[str, list[FieldError]]:
    if isinstance(value, str):
        return _of_text(value), []
    if isinstance(value, list):
        return "", list(_errors(value))
    if not isinstance(value, dict):
        return "", []
    plain = _plain_keys(value)
    texts = [text for name in _TEXTS if (text := _text(plain.get(name)))]
    errors = [error for name in _LISTS for error in _errors(plain.get(name))]
    return ": ".join(dict.fromkeys(texts)), errors


def _plain_keys(value: Mapping[str, Any]) -> dict[str, Any]:
    return {_SEPARATORS.sub("", name.lower()): part for name, part in value.items()}


def _errors(value: Any) -> Iterator[FieldError]:
    """Yield the errors of a list, or of an object with a field's errors under its name."""
    if isinstance(value, list):
        found = [_error(each) for each in value]
    elif isinstance(value, dict):
        found = [FieldError(name, _text(part)) for name, part in value.items()]
    else:
        found = [FieldError("", _text(value))]
    yield from (error for error in found if error.field or error.message)


def _error(value: Any) -> FieldError:
    if not isinstance(value, dict):
        return FieldError("", _text(value))
    plain = _plain_keys(value)
    field = next((text for name in _FIELDS if (text := _text(plain.get(name)))), "")
    return FieldError(field, next((text for name in _MESSAGES if (text := _text(plain.get(name)))), ""))


def _text(value: Any, depth: int = 0) -> str:
    """Return a JSON value as a text: a list's parts together, an object's own text, nothing for numbers."""
    if isinstance(value, str):
        return value.strip()
    if depth == _DEEPEST:
        return ""
    if isinstance(value, list):
        return ", ".join(text for part in value if (text := _text(part, depth + 1)))
    if isinstance(value, dict):
        plain = _plain_keys(value)
        return next((text for name in _MESSAGES if (text := _text(plain.get(name), depth + 1))), "")
    return ""


def _of_text(text: str) -> str:
    if not _MARKUP.search(text):
        return text
    page = _Page()
    page.feed(text)
    page.close()
    return " ".join(page.texts)


class _Page(HTMLParser):
    """Collects the texts of a page, each once, without scripts and styles."""

    _HIDDEN = frozenset({"script", "style"})

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 -- its signature
        self._hidden += tag in self._HIDDEN

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in self._HIDDEN

    def handle_data(self, data: str) -> None:
        text = data.strip()
        if text and not self._hidden and text not in self.texts:
            self.texts.append(text)


def _decoded(body: bytes, charset: str | None) -> str:
    """Return a body's text. One that is neither UTF-8 nor in its own charset is read as Latin text."""
    marked = body.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16" if marked else "utf-8-sig", charset or "cp1252"):
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("cp1252", errors="replace")


def _shown(text: str, secrets: Collection[str]) -> str:
    return shortened(_clean(_masked(text, secrets)), _LONGEST_ERROR)


def _masked(text: str, secrets: Collection[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = re.sub(_any_spelling(secret), _MASK, text)
    return text


def _any_spelling(secret: str) -> str:
    """Return a pattern of a secret. A number may be repeated with other separators than it was sent with."""
    digits = [each for each in secret if each.isdigit()]
    is_number = len(digits) >= _SHORTEST_NUMBER and all(each.isdigit() or each in " -." for each in secret)
    return r"[ .\-]*".join(digits) if is_number else re.escape(secret)


def _clean(text: str) -> str:
    """Return a text in one line, without what no page shows and no table takes."""
    return " ".join("".join(each if each.isprintable() and each != "\ufffd" else " " for each in text).split())
