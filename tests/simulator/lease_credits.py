"""Credits of a lease. Buildium: /v1/leases/{leaseId}/credits, which can only be created."""

from dataclasses import replace

from tests.simulator.errors import Problem
from tests.simulator.gl_accounts import account_problems
from tests.simulator.lease_transactions import LEASE_TRANSACTIONS
from tests.simulator.ledger import CREDIT, LONGEST_MEMO, entry_read, journal_line, money
from tests.simulator.model import Json, Record
from tests.simulator.state import State
from tests.simulator.validation import calendar_date, list_of, nested, one_of, optional, reference, required, text

WAIVE_UNPAID = "WaiveUnpaid"
OFFSETTING_KINDS = {"Exchange": "Expense", "PreviouslyDeposited": "Equity"}
# Buildium spells this key in another way than charges and payments do.
ACCOUNT = "GlAccountId"

LINE = {"Amount": required(money()), ACCOUNT: required(reference("glaccounts"))}
POST = {
    "Date": required(calendar_date()),
    "Memo": optional(text(LONGEST_MEMO)),
    "CreditType": required(one_of(WAIVE_UNPAID, *OFFSETTING_KINDS)),
    "OffsettingGLAccountId": optional(reference("glaccounts")),
    "Lines": required(list_of(nested(LINE), least=1)),
}


def _read(body: Json, current: Json | None) -> Json:
    return entry_read(CREDIT, body, [journal_line(line, ACCOUNT) for line in body["Lines"]], current)


def _rules(state: State, body: Json, _current: Record | None) -> list[Problem]:
    problems = []
    for index, line in enumerate(body["Lines"]):
        problems += account_problems(state, line[ACCOUNT], f"Lines[{index}].{ACCOUNT}", "Liability", "Income")
    kind = OFFSETTING_KINDS.get(body["CreditType"])
    if kind is None:
        return problems
    offsetting_id = body.get("OffsettingGLAccountId")
    if offsetting_id is None:
        return [*problems, Problem("OffsettingGLAccountId", "OffsettingGLAccountId is required.")]
    return problems + account_problems(state, offsetting_id, "OffsettingGLAccountId", kind)


LEASE_CREDITS = replace(
    LEASE_TRANSACTIONS,
    path="/leases/{id}/credits",
    post=POST,
    read=_read,
    rules=_rules,
    is_listed=False,
    is_readable=False,
    written_view=LEASE_TRANSACTIONS,
)
