/** What the API says, in plain words. */
import { h } from "./dom.js";

const STATES = {
  pending: "Waiting",
  syncing: "In progress",
  synced: "Synced",
  failed: "Failed",
  blocked: "Blocked",
  needs_review: "Needs review",
  deleted: "Deleted",
  received: "Received",
  published: "Passed on",
  processed: "Processed",
  ignored: "Not about ours",
  not_started: "Never run",
  waiting: "Waiting",
  running: "Running",
  done: "Done",
  lease_expired: "Cut short",
};

// The first that fits. What Buildium answered is in the message, in the same words for every type.
const ADVICE = [
  ["failed", /^Buildium answered 4/, "Buildium refused it. Correct it where it was entered: that tries it again by itself. Or remove the cause in Buildium, then retry."],
  ["failed", /error of its own/, "The service met an error of its own. Its log has the reason; retry once that is mended."],
  ["failed", /./, "Buildium did not accept it in any of the attempts. See whether Buildium works, then retry."],
  ["blocked", /waits until/, "It goes on by itself once the other one is in Buildium. Look at that one first."],
  ["blocked", /./, "Supply what is named where it was entered: that tries it again by itself. If a setting is missing, have it made, then retry."],
  ["needs_review", /./, "Say in the review which of Buildium's it is."],
  ["deleted", /./, "Nothing to do: Buildium has it no more. Enter it again if it is still needed."],
  ["pending", /BUILDIUM_BASE_URL/, "The service calls the wrong address. Have BUILDIUM_BASE_URL corrected; then this is tried again by itself."],
  ["pending", /answered 401/, "Buildium refuses the service's key. Have the key checked. A call now and then finds out when it is right; then this goes on by itself."],
  ["pending", /answered 403/, "The service's key lacks a permission in Buildium. Have it given. A call now and then finds out when it is; then this goes on by itself."],
  ["pending", /not called for now/, "Nothing to do: a call now and then finds out when Buildium is back, and then this goes on by itself."],
  ["pending", /./, "Nothing to do: it is tried again by itself. Retry to have it tried at once."],
];

/** Name a state of a sync, an event or a job. */
export const stateName = (state) => STATES[state] ?? state;

/** Make a mark that names a state. */
export const badge = (state) => h("span", { class: `badge ${state}` }, stateName(state));

/** Say what a person can do about a sync. */
export function advice(status, message) {
  const found = ADVICE.find(([of, pattern]) => of === status && pattern.test(message ?? "-"));
  return found ? found[2] : "Nothing to do.";
}

/** Write an identifier such as `bank-account` or `postalCode` as words. */
export function words(identifier) {
  const spaced = identifier.replace(/([a-z0-9])([A-Z])|([a-z])(?=[0-9])/g, "$1$3 $2").replace(/[-_]/g, " ").toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** The same for a field's name in an entity and in what is told of its fields: some entities have theirs in snake_case. */
export const plain = (field) => field.replaceAll("_", "").toLowerCase();

/** The collection of an entity type: its plural, as the API forms it. */
export const collectionOf = (type) => (/[^aeiou]y$/.test(type) ? `${type.slice(0, -1)}ies` : `${type}s`);

/** The entity in an answer: some types stand under their name, some by themselves. */
export function entityIn(body) {
  if ("id" in body) {
    const { buildiumSync, ...entity } = body;
    return entity;
  }
  return Object.values(body).find((value) => value && typeof value === "object" && "id" in value) ?? {};
}

const NAMES = ["displayName", "name", "title", "unitNumber", "companyName", "lastName", "memo"];

/** What people call an entity; without a name, the begin of its id. */
export function nameOf(type, entity, id) {
  const name = NAMES.map((field) => entity[field]).find((value) => typeof value === "string" && value.trim());
  return name ?? `${words(type)} ${String(id).slice(0, 8)}`;
}

/** Write a value that an entity has. */
export function valueText(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const COUNTED = new Intl.NumberFormat("en");
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const ABSOLUTE = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

export const number = (value) => COUNTED.format(value);

/** Write a count with what is counted. */
export const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** Write a length of time. */
export function duration(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** Make a time (ISO 8601): how long ago, or in full. */
export function time(at, { full = false } = {}) {
  if (!at) return "never";
  const date = new Date(at);
  return h("time", { datetime: at, title: ABSOLUTE.format(date) }, full ? ABSOLUTE.format(date) : ago(date));
}

function ago(date) {
  const seconds = (date - Date.now()) / 1000;
  for (const [unit, length] of [["day", 86_400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= length) return RELATIVE.format(Math.round(seconds / length), unit);
  }
  return RELATIVE.format(Math.round(seconds), "second");
}
