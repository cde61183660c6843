/** What happened to one entity, in order. */
import { pagedList } from "./paged-list.js";
import { h } from "./dom.js";
import { duration, stateName, time, valueText, words } from "./labels.js";

const KINDS = {
  updated_by_client: "Written by a client",
  created_from_buildium: "Taken over from Buildium",
  updated_from_buildium: "Changed in Buildium",
  deleted_in_buildium: "Deleted in Buildium",
  picked_up: "Taken up by the sync",
  attempt_started: "An attempt began",
  attempt_finished: "The attempt ended",
  echo_received: "Buildium confirmed our write",
  conflict: "Both sides had changed a field",
  linked: "Matched with what Buildium has",
  review_requested: "Several may be it: a review is needed",
  retried: "Somebody had it tried again",
  review_resolved: "Somebody decided which one it is",
  in_sync: "Both sides are the same",
};
const SOURCES = { webhook: "by webhook", poll: "by the poll", import: "by the import", repair: "by a repair", sync: "along with our write" };

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
  if (author.origin === "buildium") return author.source ? `, ${SOURCES[author.source] ?? author.source}` : "";
  return author.apiKeyId ? `, with key ${author.apiKeyId}` : "";
}

function changes(changed) {
  const line = ([field, change]) => {
    if (typeof change === "string") return h("li", {}, `${words(field)}: ${change}`);
    return h("li", {}, `${words(field)}: `, h("del", {}, valueText(change.old)), " → ", h("ins", {}, valueText(change.new)));
  };
  return h("ul", { class: "changes" }, Object.entries(changed).map(line));
}
