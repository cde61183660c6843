/** The entities of one type with one sync status: the list behind a count. */
import { pathOf } from "./api.js";
import { buildiumPage } from "./buildium-pages.js";
import { copyableId } from "./copyable-id.js";
import { h, selectField } from "./dom.js";
import { collectionName, displayName, entityLink, pluralType, typeOptions } from "./entity-client.js";
import { statusLabel } from "./labels.js";
import { pagedList } from "./paged-list.js";

export const title = "Entities";

const STATUSES = ["synced", "pending", "syncing", "failed", "blocked", "needs_review", "deleted"];

/** Show the entities with the type and the status in the query. */
export async function show(content, query, signal) {
  const types = (await typeOptions("", signal)).slice(1);
  const entityType = query.get("entityType") ?? types[0][0];
  const syncStatus = STATUSES.includes(query.get("syncStatus")) ? query.get("syncStatus") : "synced";
  const open = (changed) => {
    location.hash = `entities?${new URLSearchParams({ entityType, syncStatus, ...changed })}`;
  };
  const list = await pagedList({
    path: `api/${pathOf(collectionName(entityType))}`,
    query: { syncStatus },
    items: "items",
    makeRow: (entity) => entityRow(entityType, entity, signal),
    empty: `No ${pluralType(entityType)} with status “${statusLabel(syncStatus)}”.`,
    signal,
  });
  content.replaceChildren(
    h(
      "div",
      { class: "filters" },
      selectField("Type", types, entityType, (value) => open({ entityType: value })),
      selectField("Status", STATUSES.map((each) => [each, statusLabel(each)]), syncStatus, (value) => open({ syncStatus: value })),
    ),
    list,
  );
}

function entityRow(entityType, entity, signal) {
  const { id } = entity;
  const buildiumId = entity.buildiumSync?.buildiumId;
  return h(
    "li",
    { class: "row" },
    h("div", { class: "rowhead" }, h("div", { class: "name" }, entityLink({ entityType, entityId: id }, displayName(entityType, entity, id)))),
    h("p", { class: "hint ids" }, copyableId("Local ID", id), buildiumId ? copyableId("Buildium ID", buildiumId) : null, buildiumPage({ entityType, entityId: id, buildiumId, entity }, signal)),
  );
}
