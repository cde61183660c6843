"""A lease and what tests call below its path."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulator.model import Json

if TYPE_CHECKING:
    from tests.simulator.conftest import Caller


@dataclass(frozen=True)
class RentedHome:
    """A lease, with requests below its path."""

    call: "Caller"
    lease: Json

    @property
    def path(self) -> str:
        """The path of the lease."""
        return f"/leases/{self.lease['Id']}"

    @property
    def tenants(self) -> list[int]:
        """The ids of its tenants."""
        return [person["Id"] for person in self.lease["Tenants"]]

    def shown(self) -> Json:
        """The lease as it is now."""
        lease: Json = self.call("GET", self.path).json()
        return lease

    def listed(self, name: str) -> list[Json]:
        """The entities of a collection of the lease."""
        rows: list[Json] = self.call("GET", f"{self.path}/{name}").json()
        return rows

    def created(self, name: str, body: Json) -> Json:
        """A new entity of a collection of the lease."""
        return self.call.created(f"{self.path}/{name}", body)

    def rejected_keys(self, name: str, body: Json) -> list[str]:
        """The keys in the errors of a rejected POST."""
        return self.call.rejected_keys("POST", f"{self.path}/{name}", body)
