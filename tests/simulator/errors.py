"""Error responses in the shape of Buildium's `ApiErrorResponse`."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from tests.simulator.model import Json, Response


@dataclass(frozen=True)
class Problem:
    """One error in a request. `unknown` marks a key that Buildium ignores."""

    key: str
    message: str
    unknown: bool = False


class RejectedError(Exception):
    """Raised to send an error status with an `ApiErrorResponse`."""

    def __init__(
        self,
        status: int,
        message: str,
        problems: Sequence[Problem] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.problems = tuple(problems)
        self.headers = headers or {}

    def response(self) -> Response:
        """The HTTP response of this error."""
        return Response(self.status, error_body(self.status, self.message, self.problems), self.headers)


def error_body(status: int, message: str, problems: Sequence[Problem] = ()) -> Json:
    """An `ApiErrorResponse`: message for people, code, and pairs of key and value."""
    return {
        "UserMessage": message,
        "ErrorCode": HTTPStatus(status).phrase.replace(" ", ""),
        "Errors": [{"Key": problem.key, "Value": problem.message} for problem in problems],
    }


def unprocessable(problems: Sequence[Problem]) -> RejectedError:
    """422 for a well-formed request that violates a rule; the text lists each reason."""
    return RejectedError(422, " ".join(problem.message for problem in problems), problems)
