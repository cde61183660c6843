"""Operations on the outstanding balances of leases."""

from tools.openapi import requests
from tools.openapi.operations.operation import Operation, Response, Routes
from tools.openapi.problems import OF_IDS, OF_QUERIES
from tools.openapi.responses import balances as responses

TAG = "balances"
TAG_DESCRIPTION = "Outstanding balances of leases, as Buildium lists them."

ROUTES: Routes = {
    ("GET", "/api/balances"): Operation(
        "listBalances",
        "List outstanding balances",
        "Returns a page of the leases that owe at least `minimum`, in order of their Buildium id.",
        TAG,
        {200: Response("A page of outstanding balances.", responses.OutstandingBalances)},
        OF_QUERIES,
        query=requests.BalanceQuery,
    ),
    ("GET", "/api/leases/{entity_id}/balance"): Operation(
        "getLeaseBalance",
        "Get the balance of a lease",
        "Returns what the tenants of a lease owe, in total and by age. Balances are read from Buildium by polls and "
        "after changes of the ledger.",
        TAG,
        {200: Response("The balance of the lease.", responses.LeaseBalance)},
        OF_IDS,
    ),
}
