/** Leases: a list, and one lease with its terms, balance, tenants and ledger. */
import { read } from "./api.js";
import { buildiumPage } from "./buildium-pages.js";
import { copyableId } from "./copyable-id.js";
import { card, descriptionList, errorBox, h, isolated } from "./dom.js";
import { displayName, entityPath, readAll } from "./entity-client.js";
import { formatAmount, formatDate, formatValue, humanize, time } from "./format.js";
import { badge } from "./labels.js";
import { ledgerCard } from "./lease-ledger.js";
import { tenantsCard } from "./lease-tenants.js";
import { pagedList } from "./paged-list.js";
import { readOnlyFields } from "./entity-schema.js";

export const title = "Leases";

const PATH = "api/leases";
const POSTED_TYPES = ["lease-charge", "lease-payment", "lease-credit"];
const AGE_LABELS = { days0To30: "0 to 30 days", days31To60: "31 to 60 days", days61To90: "61 to 90 days", over90Days: "Over 90 days" };

/** Show the lease in the query, or the list of all leases. */
export async function show(content, query, signal) {
  const leaseId = query.get("leaseId");
  if (!leaseId) {
    content.replaceChildren(await leaseList(signal));
    return;
  }
  const [found, ...lists] = await readLease(leaseId, signal);
  if (!found) {
    content.replaceChildren(errorBox(`No lease with ID ${leaseId}.`), allLeases());
    return;
  }
  const [balance, tenants, transactions, ...posts] = lists;
  const { lease, buildiumSync } = found;
  content.replaceChildren(
    h("h2", { class: "subject" }, isolated(displayName("lease", lease, leaseId)), badge(buildiumSync.status)),
    h("div", { class: "actions" }, allLeases(), entityPage(leaseId), leaseInBuildium(leaseId, buildiumSync, signal)),
    h("div", { class: "grid wide" }, await termsCard(lease, signal), balanceCard(balance)),
    tenantsCard(tenants, lease.tenantIds),
    ledgerCard(transactions, Object.fromEntries(POSTED_TYPES.map((type, index) => [type, posts[index]]))),
  );
}

/** Return the lease, its balance, its tenants, its ledger and the posts of each type; no lease when it does not exist. */
async function readLease(leaseId, signal) {
  const listOf = (type) => readAll(type, { leaseId }, signal);
  try {
    const path = entityPath({ entityType: "lease", entityId: leaseId });
    return await Promise.all([
      read(path, {}, signal),
      read(`${path}/balance`, {}, signal),
      ...["tenant", "lease-transaction", ...POSTED_TYPES].map(listOf),
    ]);
  } catch (error) {
    if (error.status === 404) return [null];
    throw error;
  }
}

async function leaseList(signal) {
  const makeRow = (lease) =>
    h(
      "li",
      { class: "row" },
      h("div", { class: "name" }, leaseLink(lease), badge(lease.buildiumSync.status), leaseInBuildium(lease.id, lease.buildiumSync, signal)),
      h("p", { class: "hint" }, `${leaseTerm(lease)}, rent ${formatAmount(lease.currentRent)}`),
    );
  return pagedList({ path: PATH, query: {}, items: "items", makeRow, empty: "No leases yet.", signal });
}

const leaseLink = (lease) => h("a", { href: `#leases?${new URLSearchParams({ leaseId: lease.id })}` }, displayName("lease", lease, lease.id));
const allLeases = () => h("a", { href: "#leases" }, "All leases");
const entityPage = (entityId) => h("a", { href: `#entity?${new URLSearchParams({ entityType: "lease", entityId })}` }, "Sync, fields and timeline");
const leaseInBuildium = (entityId, { buildiumId }, signal) => buildiumPage({ entityType: "lease", entityId, buildiumId }, signal);
const leaseTerm = (lease) => `${formatDate(lease.leaseFromDate)} to ${lease.leaseToDate ? formatDate(lease.leaseToDate) : "no end"}`;

async function termsCard(lease, signal) {
  const readOnly = await readOnlyFields("lease", signal);
  const word = (value) => (value ? humanize(value) : formatValue(value));
  const moveOuts = lease.moveOuts.map((each) => h("div", {}, `${formatDate(each.moveOutDate)}, `, copyableId("Buildium tenant", each.buildiumTenantId, "Buildium ID of the tenant"), `, notice ${formatDate(each.noticeGivenDate)}`));
  const terms = [
    ["leaseType", "Type", word(lease.leaseType)],
    ["leaseFromDate", "Term", leaseTerm(lease)],
    ["leaseStatus", "Status", formatValue(lease.leaseStatus)],
    ["termType", "Kind of term", word(lease.termType)],
    ["unitNumber", "Unit number", formatValue(lease.unitNumber)],
    ["currentRent", "Rent", formatAmount(lease.currentRent)],
    ["currentSecurityDeposit", "Security deposit", formatAmount(lease.currentSecurityDeposit)],
    ["paymentDueDay", "Payment due day", formatValue(lease.paymentDueDay)],
    ["currentNumberOfOccupants", "Occupants", formatValue(lease.currentNumberOfOccupants)],
    ["renewalOfferStatus", "Renewal offer", word(lease.renewalOfferStatus)],
    ["moveOuts", "Move-outs", moveOuts.length ? moveOuts : formatValue(null)],
  ];
  const list = (shown) => descriptionList(shown.map(([, label, value]) => [label, value]));
  const isReadOnly = ([field]) => readOnly.has(field);
  return card("Terms", list(terms.filter((each) => !isReadOnly(each))), h("h3", {}, "Only Buildium changes these"), list(terms.filter(isReadOnly)));
}

function balanceCard({ total, aging, asOf, note }) {
  const ages = Object.entries(aging ?? {}).map(([age, amount]) => [AGE_LABELS[age] ?? humanize(age), formatAmount(amount)]);
  return card(
    "Balance",
    descriptionList([[h("strong", {}, "Total owed"), h("strong", {}, formatAmount(total))], ...ages]),
    h("p", { class: "hint" }, note ?? ["Read from Buildium ", time(asOf), "."]),
  );
}
