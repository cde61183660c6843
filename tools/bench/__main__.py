"""`make bench` and `make bench-quick`: run all benchmarks in turn and write the results.

`--cold` runs only row 1.
"""

import os
import sys
import time
from collections.abc import Iterator

# Set before the product is imported: its logger and metrics read them at the import.
os.environ |= {
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_METRICS_NAMESPACE": "Bench",
    "POWERTOOLS_SERVICE_NAME": "bench",
}
os.environ["POWERTOOLS_METRICS_DISABLED"] = "true"

from tools.bench import artifact_sizes, cold, cold_in_lambda, costs, create_latency, imports, rate_limit, warm, webhooks
from tools.bench.deployed import deployed
from tools.bench.environment import set_up
from tools.bench.report import Table, write_json, write_page
from tools.lambda_runtime.execution_environment import missing_tools


def main(*, quick: bool, only_cold: bool) -> None:
    """Run the benchmarks, print each table, and store the figures. Only a full run updates docs/."""
    started = time.monotonic()
    tables = []
    for table in _tables(quick=quick, only_cold=only_cold):
        print(f"\n{table.markdown()}", flush=True)
        tables.append(table)
    tables.sort(key=lambda table: int(table.title.partition(".")[0]))
    write_json(tables)
    if not quick and not only_cold:
        write_page(tables, (time.monotonic() - started) / 60)
    print(f"{time.monotonic() - started:.0f} s; the figures are in .local/bench.json.")


def _tables(*, quick: bool, only_cold: bool) -> Iterator[Table]:
    with set_up() as stage:
        yield cold.race(stage, 3 if quick else 15)
        if reason := missing_tools():
            print(reason)
        else:
            yield cold_in_lambda.race(stage, 3 if quick else 15)
        if only_cold:
            return
        yield warm.race(stage, 5 if quick else 20)
        yield artifact_sizes.measure(stage)
    yield from webhooks.race(5 if quick else 20)
    yield from costs.measure([10, 100] if quick else costs.SIZES)
    yield imports.cost(200)
    with deployed() as system:
        yield from create_latency.measure(system, 10 if quick else 40)
        yield imports.measure(system, 200 if quick else 10_000)
    yield rate_limit.measure(60 if quick else 600, ["buildium-sync"] if quick else rate_limit.PEERS)


if __name__ == "__main__":
    main(quick="--quick" in sys.argv[1:], only_cold="--cold" in sys.argv[1:])
