/** Syncs with one status: why each is not done, what to do, fixes and retries. */
import { forEachParallel, write } from "./api.js";
import { buildiumPage } from "./buildium-pages.js";
import { adviceText, announce, button, errorBox, h, isolated, resultArea, selectField } from "./dom.js";
import { fixButton, isEditing, showError } from "./fix.js";
import { entityLink, nameLink, pluralType, readSync, refKey, typeOptions, waitForSync } from "./entity-client.js";
import { humanize, pluralize, time } from "./format.js";
import { badge, notRetriedReason, statusLabel, syncAdvice } from "./labels.js";
import { leftoverDeadLetters } from "./leftover-dead-letters.js";
import { pagedList } from "./paged-list.js";
import { confirmRetry, groupsCard, readSyncs } from "./sync-groups.js";
import { conditionsKnown, refreshStatus } from "./status-banners.js";

export const title = "Syncs";

const STATUSES = ["failed", "blocked", "pending", "syncing", "deleted"];
// The API lists the other statuses for all types only.
const STATUSES_WITH_TYPE = new Set(["failed", "blocked", "deleted"]);
const GROUPED_STATUSES = new Set(["failed", "blocked"]);
const PATH = "api/buildium/sync";
const MAX_ENTITIES = 500;

/** Show the syncs with one status, of one type or all. */
export async function show(content, query, signal) {
  const status = STATUSES.includes(query.get("status")) ? query.get("status") : "failed";
  const type = STATUSES_WITH_TYPE.has(status) ? (query.get("entityType") ?? "") : "";
  const rows = new Map();
  const result = resultArea();
  const found = GROUPED_STATUSES.has(status) ? await readSyncs({ status, entityType: type }, signal) : { syncs: [] };
  await conditionsKnown();
  const toolbar = retryToolbar(rows, found, result, status, type, signal);
  const makeRow = (sync) => {
    const row = syncRow(sync, toolbar.update, signal);
    rows.set(row.element, row);
    return row.element;
  };
  const source = { path: PATH, query: { status, entityType: type }, items: "failedSyncs", makeRow, signal };
  const list = await pagedList({ ...source, empty: `No syncs with status “${statusLabel(status)}”.` });
  const groups = found.syncs.length > 1 ? groupsCard(found, (syncs) => retryGroup(syncs, rows, result, signal), signal) : null;
  content.replaceChildren(...[await filters(status, type, signal), groups, toolbar.element, result, list].filter(Boolean));
  if (rows.size) return;
  toolbar.element.remove();
  if (status === "failed" && !type) result.replaceChildren(...[await leftoverDeadLetters(signal)].filter(Boolean));
}

async function filters(status, type, signal) {
  const open = (changed) => {
    location.hash = `syncs?${new URLSearchParams({ status, entityType: type, ...changed })}`;
  };
  return h(
    "div",
    { class: "filters" },
    selectField("Status", STATUSES.map((each) => [each, statusLabel(each)]), status, (value) => open({ status: value })),
    STATUSES_WITH_TYPE.has(status)
      ? selectField("Type", await typeOptions("All types", signal), type, (value) => open({ entityType: value }))
      : null,
  );
}

function retryToolbar(rows, found, result, status, type, signal) {
  const selectedRows = () => [...rows.values()].filter((row) => row.checkbox.checked);
  const selectAll = h("input", { type: "checkbox" });
  const retrySelected = button("Retry selected", () => retryRows(selectedRows(), result, signal), { disabled: true, "data-needs": "write" });
  const retryAllFailed = async () => {
    if (!(await confirmRetry(found.syncs, signal, found.isComplete))) return;
    if (found.isComplete) await retryGroup(found.syncs, rows, result, signal);
    else await retryMany([type ? { entityType: type } : {}], [...rows.values()], result, signal);
  };
  const update = () => {
    const count = selectedRows().length;
    retrySelected.disabled = count === 0;
    retrySelected.textContent = count ? `Retry selected (${count})` : "Retry selected";
    selectAll.checked = count > 0 && count === rows.size;
  };
  selectAll.addEventListener("change", () => {
    for (const row of rows.values()) row.checkbox.checked = selectAll.checked;
    update();
  });
  const retryAllLabel = type ? `Retry all failed ${pluralType(type)}` : "Retry all failed syncs";
  const element = h(
    "div",
    { class: "actions" },
    h("label", { class: "check" }, selectAll, "Select all shown"),
    retrySelected,
    status === "failed" ? button(retryAllLabel, retryAllFailed, { "data-needs": "write" }) : null,
  );
  return { element, update };
}

function syncRow(sync, onSelect, signal) {
  const subject = `${humanize(sync.entityType)} ${sync.entityId}`;
  const link = entityLink(sync);
  nameLink(link, sync, signal);
  const checkbox = h("input", { type: "checkbox", onchange: onSelect, "aria-label": `Select ${subject}` });
  const body = h("div", { class: "stack" });
  const row = { ref: sync, checkbox, sync };
  const showContent = (...content) => {
    if (!isEditing(body)) body.replaceChildren(...content);
  };
  row.showStatus = (current) => {
    row.sync = current;
    showContent(...syncDetails(current));
  };
  row.showMessage = (text) => showContent(h("p", { class: "hint" }, text));
  row.showError = (text) => showError(body, text);
  row.showNotRetried = (current) => {
    row.showStatus(current);
    body.prepend(errorBox(`Not retried: ${notRetriedReason(current)}`));
  };
  const retry = button("Retry", () => retryOne(row, signal), { "aria-label": `Retry ${subject}`, "data-needs": "write" });
  const fix = fixButton(() => row.sync, subject, body, { onSaved: () => followSync(row, signal), onCancel: () => row.showStatus(row.sync) }, signal);
  row.showStatus(sync);
  row.element = h(
    "li",
    { class: "row" },
    h("div", { class: "rowhead" }, h("label", { class: "check" }, checkbox), h("div", { class: "name" }, link, h("span", { class: "hint" }, humanize(sync.entityType)), buildiumPage(sync, signal)), h("div", { class: "actions" }, fix, retry)),
    body,
  );
  return row;
}

function syncDetails(sync) {
  const isSynced = sync.syncStatus === "synced";
  const reason = sync.errorMessage ?? (isSynced ? "The entity is in sync with Buildium." : "No reason is recorded.");
  // Most messages contain the errors of the fields already.
  const fieldErrors = sync.errors.filter(({ message }) => !reason.includes(message));
  const items = fieldErrors.map(({ field, message }) => h("li", {}, `${field || "Entity"}: `, isolated(message)));
  return [
    h("p", {}, badge(sync.syncStatus), " ", h("span", { class: "hint" }, time(sync.updatedAt))),
    h("p", { class: "reason" }, reason),
    items.length ? h("ul", { class: "field-errors" }, items) : null,
    isSynced ? null : adviceText(syncAdvice(sync)),
  ].filter(Boolean);
}

async function retryOne(row, signal) {
  const { entityType, entityId } = row.ref;
  row.showMessage("Retrying …");
  announce("Retrying.");
  try {
    const { retried, errors } = await write(PATH, { entityType, entityId }, signal);
    if (errors.length) row.showError(errors[0].error);
    else if (retried) await followSync(row, signal);
    else {
      const [current] = await Promise.all([readSync(row.ref, signal), refreshStatus()]);
      row.showNotRetried(current);
    }
  } catch (error) {
    if (!signal.aborted) row.showError(error.message);
  }
}

async function followSync(row, signal) {
  const sync = await waitForSync(row.ref, signal, row.showStatus);
  row.showStatus(sync);
  announce(`${row.element.querySelector("a").textContent}: ${statusLabel(sync.syncStatus)}.`);
  return sync.syncStatus;
}

async function retryRows(rows, result, signal) {
  const syncs = rows.map(({ ref }) => ref);
  if (syncs.length === 1 || (await confirmRetry(syncs, signal))) await retryMany(requests(syncs), rows, result, signal);
}

async function retryGroup(syncs, rows, result, signal) {
  const keys = new Set(syncs.map(refKey));
  await retryMany(requests(syncs), [...rows.values()].filter(({ ref }) => keys.has(refKey(ref))), result, signal);
}

/** Return the bodies that retry some syncs. */
function requests(syncs) {
  const entities = syncs.map(({ entityType, entityId }) => ({ entityType, entityId }));
  return Array.from({ length: Math.ceil(entities.length / MAX_ENTITIES) }, (_, at) => ({ entities: entities.slice(at * MAX_ENTITIES, (at + 1) * MAX_ENTITIES) }));
}

async function retryMany(bodies, rows, result, signal) {
  result.replaceChildren(h("p", { class: "hint" }, "Retrying …"));
  const response = { retried: 0, errors: [], notRetried: [], hasMore: false };
  try {
    for (const body of bodies) {
      // All of them were confirmed: they are sent even if the operator leaves the view.
      const { retried, errors, results = [], hasMore = false } = await write(PATH, body);
      response.retried += retried;
      response.errors.push(...errors);
      response.notRetried.push(...results.filter((each) => !each.retried && each.syncStatus));
      response.hasMore = hasMore;
    }
    if (response.notRetried.length) await refreshStatus();
    await followMany(response, showReasons(response, rows), result, signal);
  } catch (error) {
    if (!signal.aborted) result.replaceChildren(h("p", {}, startedText(response)), errorBox(`Then an error occurred: ${error.message} Reload the page to see the current syncs.`));
  }
}

/** Show the reason in each row that was not retried. Returns the other rows. */
function showReasons({ errors, notRetried }, rows) {
  const errorByKey = new Map(errors.map((each) => [refKey(each), each.error]));
  const syncByKey = new Map(notRetried.map((each) => [refKey(each), each.syncStatus]));
  const isRetried = ({ ref }) => !errorByKey.has(refKey(ref)) && !syncByKey.has(refKey(ref));
  for (const row of rows.filter((each) => !isRetried(each))) {
    const key = refKey(row.ref);
    if (errorByKey.has(key)) row.showError(errorByKey.get(key));
    else row.showNotRetried(syncByKey.get(key));
  }
  return rows.filter(isRetried);
}

async function followMany(response, rows, result, signal) {
  const started = startedText(response);
  const bar = h("progress", { max: rows.length, value: 0, "aria-label": "Finished retries" });
  const text = h("p", {}, started);
  const countByStatus = {};
  let finished = 0;
  result.replaceChildren(text, ...(rows.length ? [bar] : []));
  announce(text.textContent);
  await forEachParallel(rows, async (row) => {
    row.showMessage("Retrying …");
    const status = await followSync(row, signal);
    countByStatus[status] = (countByStatus[status] ?? 0) + 1;
    bar.value = finished += 1;
    const counts = Object.entries(countByStatus).map(([each, count]) => `${count} ${statusLabel(each).toLowerCase()}`);
    text.textContent = `${started} Of ${rows.length} shown: ${counts.join(", ")}.`;
  });
  if (response.errors.length) text.textContent += ` ${pluralize(response.errors.length, "sync")} could not be retried.`;
  announce(text.textContent);
}

function startedText(response) {
  const more = response.hasMore ? " More failed syncs are left: retry again for the rest." : "";
  return `Retry started for ${pluralize(response.retried, "sync")}.${more}${notRetriedText(response)}`;
}

function notRetriedText({ notRetried }) {
  if (!notRetried.length) return "";
  const reasons = new Set(notRetried.map(({ syncStatus }) => notRetriedReason(syncStatus)));
  return ` ${pluralize(notRetried.length, "sync was", "syncs were")} not retried: ${[...reasons].join(" ")}`;
}
