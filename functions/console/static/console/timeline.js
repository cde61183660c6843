/** The timeline of one entity. */
import { author, copyableId, valueWithIds } from "./copyable-id.js";
import { h, isolated } from "./dom.js";
import { formatDuration, humanize, time } from "./format.js";
import { statusLabel } from "./labels.js";
import { pagedList } from "./paged-list.js";

const PAGE_SIZE = 50;
const KIND_LABELS = {
  updated_by_client: "Written by client",
  created_from_buildium: "Created from Buildium",
  updated_from_buildium: "Updated from Buildium",
  deleted_in_buildium: "Deleted in Buildium",
  picked_up: "Picked up by sync",
  attempt_started: "Attempt started",
  attempt_finished: "Attempt finished",
  echo_received: "Write confirmed by Buildium",
  conflict: "Conflict: both sides changed a field",
  linked: "Linked to a Buildium entity",
  review_requested: "Review requested",
  retried: "Retry requested",
  review_resolved: "Review resolved",
  review_undone: "Decision of the review undone",
  in_sync: "In sync",
};
const SOURCE_LABELS = { webhook: "by webhook", poll: "by poll", import: "by import", repair: "by repair", drift: "by drift check", sync: "during a sync" };

/** Make the list of an entity's timeline. */
export async function timeline({ entityType, entityId }, signal) {
  const list = await pagedList({
    path: "api/buildium/timeline",
    query: { limit: PAGE_SIZE, entityType, entityId },
    items: "items",
    makeRow: entryRow,
    empty: "No entries yet. New entries appear after a few seconds.",
    signal,
  });
  list.classList.add("timeline");
  return list;
}

function entryRow(entry) {
  const duration = entry.durationMs == null ? "" : ` after ${formatDuration(entry.durationMs / 1000)}`;
  const outcome = entry.outcome ? `: ${statusLabel(entry.outcome).toLowerCase()}` : "";
  return h(
    "li",
    { class: `entry ${entry.outcome ?? entry.kind}` },
    h("p", {}, h("strong", {}, `${KIND_LABELS[entry.kind] ?? humanize(entry.kind)}${outcome}`), h("span", { class: "hint" }, duration)),
    h("p", { class: "hint" }, time(entry.at, { full: true }), `, version ${entry.version}`, writtenBy(entry.by)),
    entry.error ? h("p", { class: "reason" }, entry.error) : null,
    entry.retryAt ? h("p", { class: "hint" }, "Next retry: ", time(entry.retryAt, { full: true })) : null,
    entry.buildiumId ? h("p", { class: "hint" }, copyableId("Buildium ID", entry.buildiumId)) : null,
    entry.changes ? changeList(entry.changes) : null,
    entry.conflicts ? h("p", {}, `Fields: ${entry.conflicts.map(({ field }) => humanize(field)).join(", ")}`) : null,
  );
}

function writtenBy(by) {
  if (!by) return "";
  if (by.origin === "buildium") return by.source ? `, ${SOURCE_LABELS[by.source] ?? by.source}` : "";
  return author(by);
}

function changeList(changes) {
  const item = ([field, change]) => {
    if (typeof change === "string") return h("li", {}, `${humanize(field)}: `, isolated(change));
    return h("li", {}, `${humanize(field)}: `, h("del", {}, valueWithIds(field, change.old)), " → ", h("ins", {}, valueWithIds(field, change.new)));
  };
  return h("ul", { class: "changes" }, Object.entries(changes).map(item));
}
