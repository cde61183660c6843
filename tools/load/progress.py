"""The files beside the input: how many rows are done, and the rejected rows."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from tools.load.client import Rejection


class Progress:
    """The progress of loading one file. `done` is the number of the last row that is done, with all rows before it."""

    def __init__(self, path: Path, collection: str) -> None:
        self._progress = path.with_name(f"{path.name}.progress")
        self.rejected_path = path.with_name(f"{path.name}.rejected.ndjson")
        self._identity = {"collection": collection, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        self.done = self._stored()
        self.rejected = self._keep_rejected()

    def _stored(self) -> int:
        if not self._progress.exists():
            return 0
        stored = json.loads(self._progress.read_text())
        return int(stored["done"]) if {name: stored.get(name) for name in self._identity} == self._identity else 0

    def _keep_rejected(self) -> int:
        """Keep the rejected rows that are done, and return their number."""
        lines = self.rejected_path.read_text().splitlines() if self.done and self.rejected_path.exists() else []
        kept = [line for line in lines if json.loads(line)["row"] <= self.done]
        if kept:
            self.rejected_path.write_text("".join(f"{line}\n" for line in kept))
        else:
            self.rejected_path.unlink(missing_ok=True)
        return len(kept)

    def record(self, done: int, rejections: Sequence[Rejection]) -> None:
        """Store the rejected rows, and then that all rows up to this one are done."""
        if rejections:
            with self.rejected_path.open("a") as file:
                for each in sorted(rejections, key=lambda rejection: rejection.row.number):
                    entry = {"row": each.row.number, "status": each.status, "problem": each.problem}
                    file.write(json.dumps({**entry, "body": each.row.body}, ensure_ascii=False) + "\n")
        self.rejected += len(rejections)
        self.done = done
        written = self._progress.with_suffix(".new")
        written.write_text(json.dumps({**self._identity, "done": done}))
        written.replace(self._progress)

    def finish(self) -> None:
        """Remove the progress. Another run sends all rows again, and overwrites what changed since."""
        self._progress.unlink(missing_ok=True)
