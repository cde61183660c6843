/** Links to pages of Buildium's web application. */
import { read } from "./api.js";
import { h } from "./dom.js";
import { readEntity } from "./entity-client.js";
import { humanize } from "./format.js";
import { buildiumAppUrl } from "./status-banners.js";

/**
 * The path of a page below `/manager/app/`, by the Buildium ids of the entity and, for some types, of its parent.
 * Buildium documents no paths: each one is from public code on GitHub that uses it. The other types get no link.
 */
const PAGES = {
  // GIMPropertyManagement/BuildiumManagement, src/finance/bankAuditAnalyzer.ts
  "bank-account": { path: (id) => `banking/bank-account/${id}/register` },
  // jocelynvthai/upandup-dashboards, dashboards/apps/collections/tabs/late_collections_tab.py
  lease: { path: (id) => `rentroll/${id}/financials/ledger` },
  // aval-llc/aval, desktop/providers/buildium.cjs
  task: { path: (id) => `tasks/${id}/task-summary` },
  // muunkky/buildium-hubspot-integration, prototype/index.js
  unit: { path: (id, property) => `properties/${property}/units/${id}/summary`, parent: "property", field: "propertyId" },
  // aval-llc/aval, desktop/providers/buildium.cjs
  "work-order": { path: (id, task) => `tasks/${task}/work-order/${id}`, parent: "task", field: "taskId" },
};

/**
 * Make a place that gets the link to an entity's page in Buildium, if the type has one and the stack has an address.
 * Without `entityId`, as of an entity that is in Buildium only, its parent is not known.
 */
export function buildiumPage({ entityType, entityId, buildiumId }, signal) {
  const place = h("span", { class: "page" });
  if (buildiumId && PAGES[entityType]) fill(place, { entityType, entityId, buildiumId }, signal).catch(() => {});
  return place;
}

async function fill(place, ref, signal) {
  const url = await buildiumAppUrl();
  const { path, parent } = PAGES[ref.entityType];
  const parentId = url && parent ? await readParentId(ref, signal) : null;
  if (!url || (parent && !parentId)) return;
  const label = `${humanize(ref.entityType)} ${ref.buildiumId}: open in Buildium`;
  place.append(h("a", { href: `${url}/manager/app/${path(ref.buildiumId, parentId)}`, target: "_blank", rel: "noopener noreferrer", "aria-label": label }, "Open in Buildium"));
}

/** Return the Buildium id of the parent; null if it is not known. */
async function readParentId({ entityType, entityId }, signal) {
  if (!entityId) return null;
  const { parent, field } = PAGES[entityType];
  const reference = (await readEntity({ entityType, entityId }, signal))[field];
  if (typeof reference === "number") return reference;
  const { syncStatus } = await read("api/buildium/sync", { entityType: parent, entityId: reference }, signal);
  return syncStatus.buildiumId;
}
