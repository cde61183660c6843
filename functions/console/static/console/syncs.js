/** Syncs that need somebody: why, what to do, and trying them again. */
import { forEach, write } from "./api.js";
import { announce, button, choice, h, outcome, problem, whatToDo } from "./dom.js";
import { entityLink, nameLink, settled, typeChoices } from "./entity-client.js";
import { lettersLeft } from "./leftover-dead-letters.js";
import { pagedList } from "./paged-list.js";
import { advice, badge, counted, stateName, time, words } from "./labels.js";

export const title = "Failed and blocked";

const LISTED = ["failed", "blocked", "pending", "syncing", "deleted"];
const OF_A_TYPE = new Set(["failed", "blocked", "deleted"]);
const PATH = "api/buildium/sync";

/** Show the syncs in one state, of one type or all. */
export async function show(place, query, signal) {
  const status = LISTED.includes(query.get("status")) ? query.get("status") : "failed";
  const type = OF_A_TYPE.has(status) ? (query.get("entityType") ?? "") : "";
  const rows = new Map();
  const result = outcome();
  const bar = selection(rows, result, status, type, signal);
  const row = (sync) => {
    const made = syncRow(sync, bar.changed, signal);
    rows.set(made.element, made);
    return made.element;
  };
  const source = { path: PATH, query: { status, entityType: type }, items: "failedSyncs", row, signal };
  const list = await pagedList({ ...source, empty: `There is no sync in the state “${stateName(status)}”.` });
  place.replaceChildren(await filters(status, type, signal), bar.element, result, list);
  if (rows.size) return;
  bar.element.remove();
  if (status === "failed" && !type) result.replaceChildren(...[await lettersLeft(signal)].filter(Boolean));
}

async function filters(status, type, signal) {
  const go = (chosen) => {
    location.hash = `syncs?${new URLSearchParams({ status, entityType: type, ...chosen })}`;
  };
  return h(
    "div",
    { class: "filters" },
    choice("State", LISTED.map((each) => [each, stateName(each)]), status, (value) => go({ status: value })),
    OF_A_TYPE.has(status)
      ? choice("Type", await typeChoices("All types", signal), type, (value) => go({ entityType: value }))
      : null,
  );
}

function selection(rows, result, status, type, signal) {
  const chosen = () => [...rows.values()].filter((row) => row.box.checked);
  const box = h("input", { type: "checkbox" });
  const some = button("Retry selected", () => retrySome(chosen(), result, signal), { disabled: true });
  const changed = () => {
    const count = chosen().length;
    some.disabled = count === 0;
    some.textContent = count ? `Retry selected (${count})` : "Retry selected";
    box.checked = count > 0 && count === rows.size;
  };
  box.addEventListener("change", () => {
    for (const row of rows.values()) row.box.checked = box.checked;
    changed();
  });
  const all = type ? `Retry all failed of type ${words(type).toLowerCase()}` : "Retry all failed";
  const element = h(
    "div",
    { class: "actions" },
    h("label", { class: "check" }, box, "Select all shown"),
    some,
    status === "failed" ? button(all, () => retryAll(type, [...rows.values()], result, signal)) : null,
  );
  return { element, changed };
}

function syncRow(sync, changed, signal) {
  const link = entityLink(sync);
  nameLink(link, sync, signal);
  const box = h("input", { type: "checkbox", onchange: changed, "aria-label": `Select ${words(sync.entityType)} ${sync.entityId}` });
  const body = h("div", { class: "told" });
  const row = { ref: sync, box };
  row.tell = (seen) => body.replaceChildren(...told(seen));
  row.say = (text, isProblem = false) => body.replaceChildren(isProblem ? problem(text) : h("p", { class: "hint" }, text));
  const again = button("Retry", () => retryOne(row, signal), { "aria-label": `Retry ${words(sync.entityType)} ${sync.entityId}` });
  row.tell(sync);
  row.element = h(
    "li",
    { class: "row" },
    h("div", { class: "rowhead" }, h("label", { class: "check" }, box), h("div", { class: "name" }, link, h("span", { class: "hint" }, words(sync.entityType))), again),
    body,
  );
  return row;
}

function told(sync) {
  const reason = sync.errorMessage ?? (sync.syncStatus === "synced" ? "Both sides are the same." : "No reason is known.");
  // Most reasons name their fields already.
  const more = sync.errors.filter(({ message }) => !reason.includes(message));
  const errors = more.map(({ field, message }) => h("li", {}, `${field || "Whole entity"}: ${message}`));
  return [
    h("p", {}, badge(sync.syncStatus), " ", h("span", { class: "hint" }, time(sync.updatedAt))),
    h("p", { class: "reason" }, reason),
    errors.length ? h("ul", { class: "faults" }, errors) : null,
    sync.syncStatus === "synced" ? null : whatToDo(advice(sync.syncStatus, sync.errorMessage)),
  ].filter(Boolean);
}

async function retryOne(row, signal) {
  const { entityType, entityId } = row.ref;
  row.say("Trying again …");
  announce("Trying again.");
  try {
    const answer = await write(PATH, { entityType, entityId }, signal);
    if (answer.errors.length) row.say(answer.errors[0].error, true);
    else await follow(row, signal);
  } catch (error) {
    if (!signal.aborted) row.say(error.message, true);
  }
}

async function follow(row, signal) {
  const sync = await settled(row.ref, signal, row.tell);
  row.tell(sync);
  announce(`${row.element.querySelector("a").textContent}: ${stateName(sync.syncStatus)}.`);
  return sync.syncStatus;
}

async function retrySome(rows, result, signal) {
  const entities = rows.map(({ ref: { entityType, entityId } }) => ({ entityType, entityId }));
  await started({ entities }, rows, result, signal);
}

async function retryAll(type, rows, result, signal) {
  await started(type ? { entityType: type } : {}, rows, result, signal);
}

async function started(body, rows, result, signal) {
  result.replaceChildren(h("p", { class: "hint" }, "Trying again …"));
  try {
    const answer = await write(PATH, body, signal);
    const refused = new Set(answer.errors.map(({ entityType, entityId }) => `${entityType}#${entityId}`));
    for (const { entityType, entityId, error } of answer.errors) {
      rows.find(({ ref }) => ref.entityType === entityType && ref.entityId === entityId)?.say(error, true);
    }
    const under = rows.filter(({ ref }) => !refused.has(`${ref.entityType}#${ref.entityId}`));
    await progress(answer, under, result, signal);
  } catch (error) {
    if (!signal.aborted) result.replaceChildren(problem(error.message));
  }
}

async function progress(answer, rows, result, signal) {
  const bar = h("progress", { max: Math.max(rows.length, 1), value: 0, "aria-label": "Finished of those shown" });
  const text = h("p", {}, `${counted(answer.retried, "sync", "syncs")} started again.`);
  const ends = {};
  let finished = 0;
  result.replaceChildren(text, bar);
  announce(text.textContent);
  await forEach(rows, async (row) => {
    row.say("Trying again …");
    const state = await follow(row, signal);
    ends[state] = (ends[state] ?? 0) + 1;
    bar.value = finished += 1;
    const parts = Object.entries(ends).map(([name, count]) => `${count} ${stateName(name).toLowerCase()}`);
    text.textContent = `${counted(answer.retried, "sync", "syncs")} started again. Of ${rows.length} shown: ${parts.join(", ")}.`;
  });
  const refused = answer.errors.length ? ` ${counted(answer.errors.length, "sync", "syncs")} could not be started.` : "";
  text.textContent += refused;
  announce(text.textContent);
}
