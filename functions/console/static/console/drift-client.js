/** Starts drift checks, follows drift checks and repairs, and describes what they found. */
import { pollUntil, read, write } from "./api.js";
import { askToConfirm, errorBox, h, isolated } from "./dom.js";
import { formatNumber, humanize, pluralize } from "./format.js";

export const PATH = "api/buildium/drift";

const KIND_LABELS = {
  localOnly: "local only",
  remoteOnly: "Buildium only",
  different: "different",
};
const ACTION_LABELS = {
  create: "create",
  update: "update",
  delete: "mark as deleted",
  link: "link to the existing entity",
};

/** Show the progress of the running drift check. Returns the report's first page once it is done. */
export function followDriftCheck(bar, signal) {
  return pollJob("drift", (job) => {
    const types = Object.values(job.types);
    const done = types.filter(({ state }) => state === "done" || state === "failed").length;
    const entities = types.reduce((sum, { local, remote }) => sum + local + remote, 0);
    bar.update(done, types.length, `${done} of ${pluralize(types.length, "type")} checked, ${pluralize(entities, "entity", "entities")} read`);
  }, signal);
}

/** Poll the job `drift` or `repair` until it has ended, however long it takes. */
export async function pollJob(job, onProgress, signal) {
  for (;;) {
    const isDone = (report) => report[job].status !== "running";
    const report = await pollUntil(PATH, {}, isDone, signal, (current) => onProgress(current[job]));
    if (isDone(report)) return report;
  }
}

/**
 * Return an entity's `entry` in the last drift report: null without a difference, undefined without a finished check.
 * `notCompared` has the names of the fields that Buildium did not show. What changed after `startedAt` may not be compared.
 */
export async function readEntry({ entityType, entityId }, signal) {
  const report = await read(PATH, {}, signal);
  const checked = report.drift.types[entityType];
  if (checked?.state !== "done") return { entry: undefined, notCompared: [] };
  const { startedAt, finishedAt } = report.drift;
  const times = { startedAt, comparedAt: finishedAt ?? startedAt };
  let page = await read(PATH, { entityType }, signal);
  for (;;) {
    const entry = page.items.find((each) => each.entityId === entityId);
    if (entry) return { entry, notCompared: entry.notCompared ?? [], ...times };
    if (!page.nextCursor) return { entry: null, notCompared: checked.notCompared, ...times };
    page = await read(PATH, { entityType, cursor: page.nextCursor }, signal);
  }
}

/**
 * Ask to confirm a repair with the syncs that it releases, and return the answer. `consequenceOf` gets what names these
 * syncs, null without any. A repair that cannot be planned is not asked for: `place` shows the reason.
 */
export async function confirmRepair(body, question, consequenceOf, place, signal) {
  let released;
  try {
    released = await releasedByRepair(body, signal);
  } catch (error) {
    if (!signal.aborted) place.replaceChildren(errorBox(error.message));
    return false;
  }
  return askToConfirm(question, h("div", { class: "stack" }, h("p", {}, consequenceOf(released)), released), "Repair");
}

/** Plan a repair, which writes nothing. Returns the part of a question that names the syncs it releases; null without any. */
async function releasedByRepair(body, signal) {
  const { count, isComplete, items } = (await write(`${PATH}/repair`, { ...body, dryRun: true }, signal)).releasedSyncs;
  if (!count) return isComplete ? null : h("p", {}, "Blocked syncs that wait for these entities then run too.");
  const names = items.map(({ entityType, entityId, name }) => h("li", {}, `${humanize(entityType)} `, isolated(name ?? entityId)));
  const more = count > items.length ? h("li", {}, `and ${formatNumber(count - items.length)} more`) : null;
  const waiting = pluralize(count, "blocked sync that waits for this then runs", "blocked syncs that wait for this then run");
  return h("div", { class: "stack" }, h("p", {}, `${isComplete ? "" : "At least "}${waiting} too:`), h("ul", { class: "changes" }, names, more));
}

/** Return the label of a kind of drift. */
export const kindLabel = (kind) => KIND_LABELS[kind] ?? kind;

/** Return the sentence that says what a repair would write for an entry. */
export function repairText(entry) {
  const writes = entry.writes.map(({ target, action, fields }) => {
    const place = target === "remote" ? "in Buildium" : "locally";
    const names = fields.length ? ` (${fields.map(humanize).join(", ")})` : "";
    return `${ACTION_LABELS[action] ?? action} ${place}${names}`;
  });
  return writes.length ? `Repair: ${writes.join("; ")}.` : "Repair: not possible automatically.";
}

/** Make a progress bar with a text. */
export function progressBar(label) {
  const bar = h("progress", { "aria-label": label });
  const text = h("p", { class: "hint" }, `${label} …`);
  const element = h("div", {}, bar, text);
  const update = (done, total, progress) => {
    bar.max = Math.max(total, 1);
    bar.value = done;
    text.textContent = `${progress}.`;
  };
  return { element, update };
}
