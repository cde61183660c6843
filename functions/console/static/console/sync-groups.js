/** Syncs grouped by reason, so that one cause is one line. */
import { read } from "./api.js";
import { announce, askToConfirm, button, card, h } from "./dom.js";
import { countOfType, entityLink, nameLink } from "./entity-client.js";
import { formatNumber, humanize, pluralize } from "./format.js";

const PAGE_SIZE = 100;
const MAX_SYNCS = 1000;
const MAX_NAMES = 10;
/** What differs between equal reasons: ids and other numbers. */
const VARIABLE_PARTS = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d+/gi;

/** Read the syncs with one status, newest first: all of them, up to a limit. */
export async function readSyncs(query, signal) {
  const syncs = [];
  let cursor;
  do {
    const page = await read("api/buildium/sync", { ...query, limit: PAGE_SIZE, cursor }, signal);
    syncs.push(...page.failedSyncs);
    cursor = page.nextCursor;
  } while (cursor && syncs.length < MAX_SYNCS);
  return { syncs, isComplete: !cursor };
}

/** Return the groups, the largest first: `{errorCode, reason, syncs}`. */
export function groupByReason(syncs) {
  const groups = new Map();
  for (const sync of syncs) {
    const reason = reasonOf(sync);
    const key = `${sync.errorCode}#${reason}`;
    if (!groups.has(key)) groups.set(key, { errorCode: sync.errorCode, reason, syncs: [] });
    groups.get(key).syncs.push(sync);
  }
  return [...groups.values()].sort((one, other) => other.syncs.length - one.syncs.length);
}

/** Make the card with the groups. `retry(syncs)` retries those of a group. */
export function groupsCard({ syncs, isComplete }, retry, signal) {
  const count = isComplete ? pluralize(syncs.length, "sync") : `the newest ${formatNumber(syncs.length)} syncs`;
  const groups = groupByReason(syncs);
  return card(`${pluralize(groups.length, "reason")}, ${count}`, h("ul", { class: "rows plain" }, groups.map((group) => groupRow(group, retry, signal))));
}

/** Ask whether some syncs are to be retried. States how many and which. */
export function confirmRetry(syncs, signal, isComplete = true) {
  const count = pluralize(syncs.length, "sync");
  const byType = [...countByType(syncs)].map(([type, number]) => countOfType(number, type));
  const names = syncs.slice(0, MAX_NAMES).map((sync) => h("li", {}, name(sync, signal)));
  const rest = syncs.length - names.length;
  const more = rest > 0 ? h("li", {}, `and ${formatNumber(rest)} more`) : null;
  const older = isComplete ? null : h("p", {}, "Older failed syncs are retried too, until the time is used up.");
  const which = h("div", { class: "stack" }, h("p", {}, `${byType.join(", ")}:`), h("ul", { class: "changes" }, names, more), older);
  return askToConfirm(`Retry ${isComplete ? count : `more than ${count}`}?`, which, "Retry");
}

function name(sync, signal) {
  const element = h("span", {}, entityLink(sync).textContent);
  nameLink(element, sync, signal);
  return element;
}

function countByType(syncs) {
  const counts = new Map();
  for (const { entityType } of syncs) counts.set(entityType, (counts.get(entityType) ?? 0) + 1);
  return counts;
}

function groupRow({ errorCode, reason, syncs }, retry, signal) {
  const list = h("ul", { class: "changes" });
  const details = h("details", { ontoggle: () => details.open && !list.children.length && showEntities(list, syncs, signal) }, h("summary", {}, "Entities"), list);
  const label = syncs.length === 1 ? "Retry this sync" : `Retry these ${formatNumber(syncs.length)}`;
  const again = button(label, async () => {
    if (await confirmRetry(syncs, signal)) await retry(syncs);
    else announce("Nothing was retried.");
  }, { "aria-label": `${label}: ${reason}`, "data-needs": "write" });
  return h("li", { class: "row" }, h("div", { class: "rowhead" }, h("div", { class: "name" }, h("strong", {}, `${pluralize(syncs.length, "sync")}: ${humanize(errorCode ?? "unknown").toLowerCase()}`)), again), h("p", { class: "reason" }, reason), details);
}

function showEntities(list, syncs, signal) {
  list.append(...syncs.slice(0, PAGE_SIZE).map((sync) => {
    const link = entityLink(sync);
    nameLink(link, sync, signal);
    return h("li", {}, link);
  }));
  if (syncs.length > PAGE_SIZE) list.append(h("li", {}, `and ${formatNumber(syncs.length - PAGE_SIZE)} more`));
}

/** Return the fields at fault with their errors; without any, the message. */
function reasonOf({ errors, errorMessage }) {
  const parts = errors.map(({ field, message }) => (field ? `${field}: ${message}` : message));
  const text = parts.length ? parts.join("; ") : (errorMessage ?? "No reason is recorded.");
  return text.replace(VARIABLE_PARTS, "…");
}
