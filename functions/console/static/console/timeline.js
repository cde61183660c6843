/** What happened to one entity, in order. */
import { pagedList } from "./paged-list.js";
import { h } from "./dom.js";
import { duration, stateName, time, valueText, words } from "./labels.js";

const KINDS = {
  written: "Written by a client",
  taken_over: "Taken over from Buildium",
  pulled: "Changed in Buildium",
  deleted: "Deleted in Buildium",
  seen: "Taken up by the sync",
  attempt_started: "An attempt began",
  attempt_ended: "The attempt ended",
  echo: "Buildium confirmed our write",
  conflict: "Both sides had changed a field",
  linked: "Matched with what Buildium has",
  review_wanted: "Several may be it: a review is needed",
  retried: "Somebody had it tried again",
  decided: "Somebody decided which one it is",
  converged: "Both sides are the same",
};
const VIA = { webhook: "by webhook", poll: "by the poll", import: "by the import", repair: "by a repair", sync: "along with our write" };

/** Make the list of an entity's timeline. */
export async function timeline({ entityType, entityId }, signal) {
  const list = await pagedList({
    path: "api/buildium/timeline",
    query: { limit: 50, entityType, entityId },
    items: "items",
    row: entry,
    empty: "Nothing yet: it is a few seconds behind.",
    signal,
  });
  list.classList.add("timeline");
  return list;
}

function entry(told) {
  const took = told.durationMs == null ? "" : ` after ${duration(told.durationMs / 1000)}`;
  const ended = told.outcome ? `: ${stateName(told.outcome).toLowerCase()}` : "";
  return h(
    "li",
    { class: `entry ${told.outcome ?? told.kind}` },
    h("p", {}, h("strong", {}, `${KINDS[told.kind] ?? words(told.kind)}${ended}`), h("span", { class: "hint" }, took)),
    h("p", { class: "hint" }, time(told.at, { full: true }), `, version ${told.version}`, by(told.by)),
    told.error ? h("p", { class: "reason" }, told.error) : null,
    told.retryAt ? h("p", { class: "hint" }, "Tried again at ", time(told.retryAt, { full: true })) : null,
    told.buildiumId ? h("p", { class: "hint" }, `Buildium id ${told.buildiumId}`) : null,
    told.changes ? changes(told.changes) : null,
    told.conflicts ? h("p", {}, `Fields: ${told.conflicts.map(({ field }) => words(field)).join(", ")}`) : null,
  );
}

function by(author) {
  if (!author) return "";
  if (author.origin === "buildium") return author.via ? `, ${VIA[author.via] ?? author.via}` : "";
  return author.apiKeyId ? `, with key ${author.apiKeyId}` : "";
}

function changes(changed) {
  const line = ([field, change]) => {
    if (typeof change === "string") return h("li", {}, `${words(field)}: ${change}`);
    return h("li", {}, `${words(field)}: `, h("del", {}, valueText(change.old)), " → ", h("ins", {}, valueText(change.new)));
  };
  return h("ul", { class: "changes" }, Object.entries(changed).map(line));
}
