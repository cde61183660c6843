"""Structured logs and metrics for all functions.

Every line has the service, and within `correlation_scope` the id of its request or event, also in threads. Values with
names of secrets, personal numbers or whole payloads are redacted.
"""

import json
import os
import re
import threading
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from types import TracebackType
from typing import Any, TypeAlias

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit

from buildium_sync.errors import InvocationFailed

CORRELATION_KEY = "correlation_id"
_REQUEST_KEY = "function_request_id"
_REDACTED = "[redacted]"
_SENSITIVE_NAMES = frozenset({"body", "rawbody", "payload", "headers", "multivalueheaders", "ssn", "ein", "token"})
_NAME_PARTS = re.compile(
    "secret|password|apikey|authorization|credential|signature|taxid|taxpayer|taxinformation|dateofbirth|birthdate"
    "|accountnumber|routingnumber|accesstoken|sessiontoken|securitytoken"
)
_NOT_LETTERS = re.compile(r"[^a-z0-9]")

ExceptionInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
Handler = Callable[[dict[str, Any], Any], Any]


def redacted(value: Any) -> Any:
    """Return a copy of a JSON value without the values of sensitive names."""
    if isinstance(value, Mapping):
        return {name: _REDACTED if _is_sensitive(name) else redacted(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(part) for part in value]
    return value


def sensitive_values(value: Any) -> Iterator[str]:
    """Yield the strings with sensitive names in a JSON value, at any depth."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _texts(part) if _is_sensitive(name) else sensitive_values(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from sensitive_values(part)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for part in parts:
        yield from _texts(part)


def _is_sensitive(name: object) -> bool:
    plain = _NOT_LETTERS.sub("", str(name).lower())
    return plain in _SENSITIVE_NAMES or _NAME_PARTS.search(plain) is not None


def _serialise(line: Mapping[str, Any]) -> str:
    return json.dumps(redacted(line), default=str, separators=(",", ":"), ensure_ascii=False)


class _Formatter(LambdaPowertoolsFormatter):
    """Logs where an error occurred without its text, which may quote a payload, a query or a person."""

    def formatException(self, ei: ExceptionInfo) -> str:  # noqa: N802 -- logging's name
        """Return the frames and types of an error and its causes, and AWS's error code if there is one."""
        return "".join(_format_exception(error) for error in reversed(list(_chain(ei[1]))))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _format_exception(error: BaseException) -> str:
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{frames}{_type_and_code(error)}\n"


def _type_and_code(error: BaseException) -> str:
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code", "") if isinstance(response, dict) else ""
    return f"{type(error).__qualname__} {code}".rstrip()


logger = Logger(
    logger_formatter=_Formatter(json_serializer=_serialise, utc=True, use_rfc3339=True, serialize_stacktrace=False)
)
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "BuildiumSync"))
# All threads share one dictionary of metrics. The sync function counts in threads.
_metrics_lock = threading.Lock()


def increment(name: str, n: int = 1) -> None:
    """Add `n` to a counter metric."""
    record_metric(name, n, MetricUnit.Count)


def record_metric(name: str, value: float, unit: MetricUnit) -> None:
    """Add a value to a metric."""
    with _metrics_lock:
        metrics.add_metric(name=name, unit=unit, value=value)


@contextmanager
def correlation_scope(correlation_id: str) -> Generator[None, None, None]:
    """Add an id to every line that this thread logs in the block. Afterwards the outer id is restored."""
    outer = logger.thread_safe_get_current_keys().get(CORRELATION_KEY)
    logger.thread_safe_append_keys(**{CORRELATION_KEY: correlation_id})
    try:
        yield
    finally:
        logger.thread_safe_append_keys(**{CORRELATION_KEY: outer})


def instrumented(handler: Handler) -> Handler:
    """Add the request id to a handler's log lines, and emit its metrics even after an error.

    Raises InvocationFailed instead of the error.
    """

    @wraps(handler)
    def wrapper(event: dict[str, Any], context: Any) -> Any:
        # A key of the process, so that the threads of the handler log it too.
        logger.append_keys(**{_REQUEST_KEY: getattr(context, "aws_request_id", None)})
        try:
            return handler(event, context)
        except Exception as error:
            logger.exception("Invocation failed")
            raise InvocationFailed(_type_and_code(error)) from None
        finally:
            _flush()

    return wrapper


def _flush() -> None:
    with _metrics_lock:
        if metrics.metric_set:
            metrics.flush_metrics()
