"""`python -m tools.load --url … --collection properties rows.ndjson` loads rows. The API key is in `API_KEY`."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tools.load.client import ApiClient, LoadStopped
from tools.load.loader import Loader
from tools.load.progress import Progress
from tools.load.rows import read_rows

_STOPPED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Load a file. Return 0 if all rows were written, 1 if some were rejected, 2 if the load stopped."""
    options = _parser().parse_args(arguments)
    if not options.url or "API_KEY" not in os.environ:
        sys.stderr.write("Set --url or API_URL to the address of the API with its stage, and API_KEY to an API key.\n")
        return _STOPPED
    client = ApiClient(options.url, os.environ["API_KEY"])
    progress, started = Progress(options.file, options.collection), time.monotonic()
    first = progress.done
    try:
        document = client.document() if options.file.suffix.lower() == ".csv" else None
        total = sum(1 for _ in read_rows(options.file, document, options.collection))

        def show() -> None:
            rate = (progress.done - first) / max(time.monotonic() - started, 0.001)
            text = f"{progress.done} of {total} rows, {progress.rejected} rejected, {rate:.0f} rows per second"
            sys.stderr.write(f"\r{text}" if sys.stderr.isatty() else f"{text}\n")

        rows = read_rows(options.file, document, options.collection)
        Loader(client, options.collection, progress, options.workers, show).load(rows)
    except LoadStopped as error:
        sys.stderr.write(f"\n{error}\n{progress.done} rows are done. Run the command again to resume.\n")
        return _STOPPED
    if progress.rejected:
        sys.stderr.write(f"\n{progress.rejected} rows were rejected; see {progress.rejected_path}\n")
    return 1 if progress.rejected else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.load", description="Load rows into a collection of the API.")
    parser.add_argument("file", type=Path, help="NDJSON, or CSV if the name ends in .csv; each row has an externalId")
    parser.add_argument("--collection", required=True, help="the collection, for example properties")
    parser.add_argument(
        "--url", default=os.environ.get("API_URL"), help="the address with its stage (default: API_URL)"
    )
    parser.add_argument("--workers", type=int, default=4, help="batches that are sent at a time (default: 4)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
