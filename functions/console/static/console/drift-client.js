/** Comparisons of both sides: starting one, following it, and reading what it found. */
import { read, readUntil, write } from "./api.js";
import { h } from "./dom.js";
import { number, words } from "./labels.js";

export const PATH = "api/buildium/drift";

const KINDS = {
  localOnly: "Only on our side",
  remoteOnly: "Only in Buildium",
  different: "Different",
};
const ACTIONS = {
  create: "create it",
  update: "change it",
  delete: "mark it as deleted",
  link: "link the two",
};

/** Compare one type, or all with an empty one, and return the report's first page once it is done. */
export async function compare(entityType, bar, signal) {
  await write(PATH, entityType ? { entityType } : {}, signal);
  return followed(bar, signal);
}

/** Follow the comparison that runs. */
export function followed(bar, signal) {
  return whileItRuns("drift", (job) => {
    const types = Object.values(job.types);
    const done = types.filter(({ state }) => state === "done" || state === "failed").length;
    const seen = types.reduce((sum, { local, remote }) => sum + local + remote, 0);
    bar.tell(done, types.length, `${done} of ${types.length} types compared, ${number(seen)} entities seen`);
  }, signal);
}

/** Follow the job `drift` or `repair` until it has ended, however long it takes. */
export async function whileItRuns(job, onSeen, signal) {
  for (;;) {
    const report = await readUntil(PATH, {}, (seen) => seen[job].status !== "running", signal, (seen) => onSeen(seen[job]));
    if (report[job].status !== "running") return report;
  }
}

/** Return the entry of one entity in the last comparison: null where the sides agreed, undefined where none was made. */
export async function entryOf({ entityType, entityId }, signal) {
  const whole = await read(PATH, {}, signal);
  if (whole.drift.types[entityType]?.state !== "done") return undefined;
  let page = await read(PATH, { entityType }, signal);
  for (;;) {
    const found = page.items.find((entry) => entry.entityId === entityId);
    if (found) return { ...found, at: whole.drift.startedAt };
    if (!page.nextCursor) return null;
    page = await read(PATH, { entityType, cursor: page.nextCursor }, signal);
  }
}

/** Name how the sides disagree. */
export const kindName = (kind) => KINDS[kind] ?? kind;

/** Say what a repair would write. */
export function writesInWords(entry) {
  const told = entry.writes.map(({ target, action, fields }) => {
    const where = target === "remote" ? "In Buildium" : "On our side";
    return `${where}: ${ACTIONS[action] ?? action}${fields.length ? ` (${fields.map(words).join(", ").toLowerCase()})` : ""}`;
  });
  return told.length ? told.join("; ") : "Nothing by itself";
}

/** Make a bar of progress with its words. */
export function progressBar(label) {
  const bar = h("progress", { "aria-label": label });
  const text = h("p", { class: "hint" }, `${label} …`);
  const element = h("div", {}, bar, text);
  const tell = (done, of, words) => {
    bar.max = Math.max(of, 1);
    bar.value = done;
    text.textContent = `${words}.`;
  };
  return { element, tell };
}
