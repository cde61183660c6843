"""`Operations` of a simulator in another process."""

from typing import Any

import requests

from tests.simulator.control import CONTROL_PREFIX
from tests.simulator.journal import Exchange
from tests.simulator.model import Json
from tests.simulator.webhooks import Delivery

TIMEOUT_SECONDS = 60


class RemoteSimulator:
    """Client of the control API at an origin such as `http://127.0.0.1:8081`.

    Every method calls the method of the same name in `Operations`; a rejected request raises requests.HTTPError.
    """

    def __init__(self, origin: str) -> None:
        self._base = origin.rstrip("/") + CONTROL_PREFIX
        self._session = requests.Session()
        self._session.trust_env = False

    def health(self) -> Json:
        """`{"status": "ok"}`; raises requests.ConnectionError until the simulator runs."""
        return self._dict("GET", "health")

    def reset(self, seed: bool | None = None) -> None:
        """See `Operations.reset`."""
        self._call("POST", "reset", {"seed": seed})

    def create(self, type_name: str, fields: Json | None = None) -> Json:
        """See `Operations.create`."""
        return self._dict("POST", f"entities/{type_name}", fields)

    def edit(self, type_name: str, entity_id: int, fields: Json) -> Json:
        """See `Operations.edit`."""
        return self._dict("POST", f"entities/{type_name}/{entity_id}", fields)

    def delete(self, type_name: str, entity_id: int) -> None:
        """See `Operations.delete`."""
        self._call("DELETE", f"entities/{type_name}/{entity_id}")

    def pay(self, bill_ids: list[int], day: str) -> Json:
        """See `Operations.pay`."""
        return self._dict("POST", "payments", {"bill_ids": bill_ids, "day": day})

    def move_out(self, lease_id: int, tenant_id: int, day: str) -> Json:
        """See `Operations.move_out`."""
        return self._dict("POST", "moveouts", {"lease_id": lease_id, "tenant_id": tenant_id, "day": day})

    def deposit(self, payment_id: int) -> None:
        """See `Operations.deposit`."""
        self._call("POST", "deposits", {"payment_id": payment_id})

    def reverse(self, payment_id: int, day: str) -> Json:
        """See `Operations.reverse`."""
        return self._dict("POST", "reversals", {"payment_id": payment_id, "day": day})

    def get(self, type_name: str, entity_id: int) -> Json:
        """See `Operations.get`."""
        return self._dict("GET", f"entities/{type_name}/{entity_id}")

    def state(self) -> dict[str, list[Json]]:
        """See `Operations.state`."""
        return self._dict("GET", "state")

    def ledger(self) -> dict[int, list[Json]]:
        """See `Operations.ledger`."""
        return {int(lease_id): entries for lease_id, entries in self._dict("GET", "ledger").items()}

    def fault(self, kind: str, method: str | None = None, path: str = "*", **options: Any) -> None:
        """See `Operations.fault`."""
        self._call("POST", "faults", {"kind": kind, "method": method, "path": path, **options})

    def faults(self) -> list[Json]:
        """See `Operations.faults`."""
        return self._list("GET", "faults")

    def clear_faults(self) -> None:
        """See `Operations.clear_faults`."""
        self._call("DELETE", "faults")

    def requests(self) -> list[Exchange]:
        """See `Operations.requests`."""
        return [Exchange(**{**row, "violations": tuple(row["violations"])}) for row in self._list("GET", "requests")]

    def clear_requests(self) -> None:
        """See `Operations.clear_requests`."""
        self._call("DELETE", "requests")

    def configure_webhooks(self, **settings: Any) -> None:
        """See `Operations.configure_webhooks`."""
        self._call("PUT", "webhooks", settings)

    def send_event(self, body: Json) -> Delivery:
        """See `Operations.send_event`."""
        return Delivery(**self._dict("POST", "webhooks", body))

    def send_batch(self, events: list[Json]) -> Delivery:
        """See `Operations.send_batch`."""
        return Delivery(**self._dict("POST", "batches", events))

    def deliveries(self) -> list[Delivery]:
        """See `Operations.deliveries`."""
        return [Delivery(**row) for row in self._list("GET", "webhooks")]

    def stats(self) -> Json:
        """See `Operations.stats`."""
        return self._dict("GET", "stats")

    def _dict(self, method: str, path: str, body: Any = None) -> Json:
        response = self._call(method, path, body)
        if not isinstance(response, dict):
            raise TypeError(f"{method} {path} did not answer an object")
        return response

    def _list(self, method: str, path: str) -> list[Json]:
        response = self._call(method, path)
        if not isinstance(response, list):
            raise TypeError(f"{method} {path} did not answer a list")
        return response

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        response = self._session.request(method, f"{self._base}/{path}", json=body, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
        return response.json()
