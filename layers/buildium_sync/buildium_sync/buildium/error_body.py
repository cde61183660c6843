"""What the body of an error response says, in any format.

Buildium documents `{UserMessage, ErrorCode, Errors: [{Key, Value}]}`. Its gateway, a proxy or another version sends
other formats: RFC 9457 (`title`, `detail`), ASP.NET (`errors` or `ModelState` by field), OAuth (`error`,
`error_description`), API Gateway (`message`), lists, plain text and HTML.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from html.parser import HTMLParser
from typing import Any, NamedTuple

from buildium_sync.buildium.masking import masked
from buildium_sync.errors import FieldError

_TEXTS = ("usermessage", "title", "detail", "message", "error", "errordescription", "exceptionmessage")
"""Keys with the error's own text, in lower case and without separators."""
_LISTS = ("errors", "modelstate", "validationerrors", "details")
"""Keys with the errors of fields."""
_FIELDS = ("key", "field", "property", "propertyname", "name", "parameter", "loc", "pointer")
_MESSAGES = ("value", "message", "errormessage", "detail", "description", "reason", "msg", "title", "error")
_MAX_ERRORS = 20
_MAX_ERROR_LENGTH = 200
"""Characters of one field error. A sync record has room for all of them."""
_MAX_DEPTH = 4
_MARKUP = re.compile(r"<\s*(!doctype|html|head|body|title|h[1-6]|p|div|pre|center)\b", re.IGNORECASE)
_SEPARATORS = re.compile(r"[^a-z]")


class Explanation(NamedTuple):
    """The text for a person, and the errors by field."""

    text: str
    errors: tuple[FieldError, ...] = ()


def explain(body: bytes, *, charset: str | None, reason: str, secrets: Collection[str] = ()) -> Explanation:
    """Return what a body says, or `reason` if it says nothing. Values of `secrets` are redacted."""
    text = decoded(body, charset)
    try:
        text_found, errors = _from_json(json.loads(text))
    except (ValueError, RecursionError):
        text_found, errors = _from_text(text), []
    shown = [FieldError(_shown(e.field, secrets), _shown(e.message, secrets)) for e in errors[:_MAX_ERRORS]]
    return Explanation(_join(_clean(masked(text_found, secrets)), shown) or reason, tuple(shown))


def shortened(text: str, longest: int) -> str:
    """Return a string of at most `longest` characters."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _join(text: str, errors: list[FieldError]) -> str:
    """Return the text with the errors appended. A text that only repeats an error is left out."""
    details = "; ".join(map(str, errors))
    if not text or any(error.message == text for error in errors):
        return details
    return f"{text} ({details})" if details else text


def _from_json(value: Any) -> tuple[str, list[FieldError]]:
    if isinstance(value, str):
        return _from_text(value), []
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
    """Yield the errors in a list, or in an object with errors by field name."""
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
    """Return a JSON value as a string: the parts of a list joined, the text of an object, nothing for a number."""
    if isinstance(value, str):
        return value.strip()
    if depth == _MAX_DEPTH:
        return ""
    if isinstance(value, list):
        return ", ".join(text for part in value if (text := _text(part, depth + 1)))
    if isinstance(value, dict):
        plain = _plain_keys(value)
        return next((text for name in _MESSAGES if (text := _text(plain.get(name), depth + 1))), "")
    return ""


def _from_text(text: str) -> str:
    if not _MARKUP.search(text):
        return text
    page = _Page()
    page.feed(text)
    page.close()
    return " ".join(page.texts)


class _Page(HTMLParser):
    """Collects the text of an HTML page without duplicates, scripts and styles."""

    _HIDDEN = frozenset({"script", "style"})

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 -- HTMLParser's signature
        self._hidden += tag in self._HIDDEN

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in self._HIDDEN

    def handle_data(self, data: str) -> None:
        text = data.strip()
        if text and not self._hidden and text not in self.texts:
            self.texts.append(text)


def decoded(body: bytes, charset: str | None) -> str:
    """Return the text of a body: UTF-8, else its declared charset, else Windows-1252."""
    marked = body.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16" if marked else "utf-8-sig", charset or "cp1252"):
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("cp1252", errors="replace")


def _shown(text: str, secrets: Collection[str]) -> str:
    return shortened(_clean(masked(text, secrets)), _MAX_ERROR_LENGTH)


def _clean(text: str) -> str:
    """Return a string in one line, without characters that cannot be printed or stored."""
    return " ".join("".join(each if each.isprintable() and each != "\ufffd" else " " for each in text).split())
