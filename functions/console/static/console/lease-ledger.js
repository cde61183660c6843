/** The ledger of a lease as Buildium shows it, and the posts that are not in it yet. */
import { button, card, h, table } from "./dom.js";
import { entityLink, refKey } from "./entity-client.js";
import { EMPTY_VALUE, formatAmount, formatDate, formatNumber, formatValue, humanize } from "./format.js";
import { badge } from "./labels.js";

const FIRST_ROWS = 50;
const HEAD = ["Date", "Type", "Memo", "Amount", "Posted by", "Sync"];

/** Make the card with the entries, the newest first. `posts` has charges, payments and credits by entity type. */
export function ledgerCard(transactions, posts) {
  const syncs = new Map();
  const waiting = [];
  const posted = new Set(transactions.filter((each) => each.postedBy).map((each) => refKey(each.postedBy)));
  for (const [entityType, entities] of Object.entries(posts)) {
    for (const entity of entities) {
      const ref = { entityType, entityId: entity.id };
      syncs.set(refKey(ref), entity.buildiumSync);
      if (!posted.has(refKey(ref))) waiting.push({ ...entity, ref });
    }
  }
  return card("Ledger", waitingTable(waiting), ledgerTable(transactions, syncs));
}

function waitingTable(waiting) {
  if (!waiting.length) return null;
  const row = (entity) => [
    formatDate(entity.date),
    humanize(entity.ref.entityType.replace("lease-", "")),
    formatValue(entity.memo),
    formatAmount(entity.lines.reduce((sum, { amount }) => sum + amount, 0)),
    postLink(entity.ref),
    badge(entity.buildiumSync.status),
  ];
  return h("div", { class: "stack" }, h("h3", {}, "Not in Buildium's ledger yet"), table("Posts that are not in the ledger yet", HEAD, newestFirst(waiting).map(row)), h("h3", {}, "In Buildium's ledger"));
}

function ledgerTable(transactions, syncs) {
  if (!transactions.length) return h("p", { class: "hint" }, "No entries in Buildium's ledger yet.");
  const rows = newestFirst(transactions).map((entry) => entryRow(entry, syncs));
  const area = h("div", { class: "stack" });
  const showRows = (shown) => area.replaceChildren(table("Ledger of the lease", HEAD, shown));
  showRows(rows.slice(0, FIRST_ROWS));
  if (rows.length > FIRST_ROWS) area.append(button(`Show all ${formatNumber(rows.length)} entries`, () => showRows(rows)));
  return area;
}

function entryRow({ date, transactionType, memo, totalAmount, postedBy }, syncs) {
  const sync = postedBy && syncs.get(refKey(postedBy));
  return [
    formatDate(date),
    transactionType ? humanize(transactionType) : EMPTY_VALUE,
    formatValue(memo),
    formatAmount(totalAmount),
    postedBy ? postLink(postedBy) : "Buildium",
    sync ? badge(sync.status) : EMPTY_VALUE,
  ];
}

function postLink(ref) {
  const link = entityLink(ref);
  link.textContent = humanize(ref.entityType);
  return link;
}

const newestFirst = (entries) => [...entries].sort((one, other) => (other.date ?? "").localeCompare(one.date ?? ""));
