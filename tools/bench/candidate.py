"""Runs one program of a benchmark in its own process: `candidate.py MODULE EVENT [warm]`.

Prints a line of JSON: the milliseconds from the first import to the first response, the processor time, the response
and the peak memory. With `warm` it then invokes the handler as often as each line of its input says, and prints the
seconds.
"""

import contextlib
import importlib
import io
import json
import logging  # Lambda's own runtime has it
import pathlib
import sys
import time
from typing import Any


class Context:
    """Lambda's context."""

    aws_request_id = "invocation-1"
    function_name = "function"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """Return the remaining time of the function."""
        return 100_000


def without_network() -> None:
    """Let the SDK do everything except sending."""
    from botocore.awsrequest import AWSResponse  # noqa: PLC0415 -- a cold start must not have it imported already
    from botocore.compat import HTTPHeaders  # noqa: PLC0415
    from botocore.httpsession import URLLib3Session  # noqa: PLC0415

    class Raw(io.BytesIO):
        def stream(self, *_: object, **__: object) -> "list[bytes]":
            return [self.getvalue()]

    def send(_session: URLLib3Session, request: Any) -> AWSResponse:
        # A batch read requires both members. Other operations ignore them.
        return AWSResponse(request.url, 200, HTTPHeaders(), Raw(b'{"Responses": {}, "UnprocessedKeys": {}}'))

    setattr(URLLib3Session, "send", send)  # noqa: B010 -- an assignment has another type


def peak_kb() -> int | None:
    """Return the peak memory of this process on Linux, else None. `getrusage` includes the parent process."""
    status = pathlib.Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)


def main(name: str, event_file: str, *mode: str) -> None:
    """Run the program."""
    with open(event_file) as file:
        event = json.load(file)
    output = sys.stdout
    if mode:
        without_network()
    with contextlib.redirect_stdout(io.StringIO()):  # log lines are included, but not their display
        started, worked = time.perf_counter(), time.process_time()
        handler = importlib.import_module(name).lambda_handler
        response = handler(event, Context())
        took, worked = time.perf_counter() - started, time.process_time() - worked
    result = {"ms": took * 1000, "cpuMs": worked * 1000, "response": response, "peakKb": peak_kb()}
    print(json.dumps(result), file=output, flush=True)
    for line in sys.stdin if mode else ():
        with contextlib.redirect_stdout(io.StringIO()):
            started = time.perf_counter()
            for _ in range(int(line)):
                handler(event, Context())
            took = time.perf_counter() - started
        print(took, file=output, flush=True)


if __name__ == "__main__":
    logging.getLogger()
    main(*sys.argv[1:])
