/** Links to pages of Buildium's web application. */
import { h } from "./dom.js";
import { entityTypes, readEntity, readSync, refKey } from "./entity-client.js";
import { humanize } from "./format.js";
import { referencedType } from "./references.js";
import { systemStatus } from "./status-banners.js";

const PLACEHOLDERS = /\{(\w+)\}/g;
const LINK = { target: "_blank", rel: "noopener noreferrer" };
/** For each view, by its signal: the Buildium ids of entities that others refer to. */
const idsByView = new WeakMap();

/**
 * Make a place that gets the link to an entity's page in Buildium, if the type has one and the stack has an address.
 * A type without a page of its own links to that of the entity it belongs to. `entity` are the fields, if known already.
 * Without `entityId`, as of an entity that is in Buildium only, nothing is known but its Buildium id. `localId` is the
 * local entity that a candidate of a review may be: both belong to the same one.
 */
export function buildiumPage(ref, signal) {
  const place = h("span", { class: "page" });
  if (ref.buildiumId) fill(place, ref, signal).catch(() => {});
  return place;
}

async function fill(place, ref, signal) {
  const { buildiumAppUrl, buildiumPages } = await systemStatus();
  const page = buildiumPages.find(({ entityType }) => entityType === ref.entityType);
  if (!buildiumAppUrl || !page) return;
  const target = page.reference ? await referencedEntity({ ...ref, entityId: ref.entityId ?? ref.localId }, page.reference, signal) : ref;
  const path = target?.buildiumId ? await pathOfPage(page.path, target, signal) : null;
  if (!path) return;
  const text = page.reference ? `Open ${humanize(target.entityType).toLowerCase()} in Buildium` : "Open in Buildium";
  const label = `${humanize(ref.entityType)} ${ref.buildiumId}: ${text[0].toLowerCase()}${text.slice(1)}`;
  place.append(h("a", { href: buildiumAppUrl + path, ...LINK, "aria-label": label }, text));
}

/** Return the path of an entity's page; null if an id in it is not known. */
async function pathOfPage(path, ref, signal) {
  const ids = { id: ref.buildiumId };
  for (const [, field] of path.matchAll(PLACEHOLDERS)) {
    ids[field] ??= (await referencedEntity(ref, field, signal))?.buildiumId;
    if (!ids[field]) return null;
  }
  return path.replace(PLACEHOLDERS, (_, field) => encodeURIComponent(ids[field]));
}

/** Return the entity that a field names; null if it is not known. */
async function referencedEntity(ref, field, signal) {
  if (!ref.entityId) return null;
  const entityType = referencedType(field, await entityTypes(signal));
  const id = (ref.entity ?? (await readEntity(ref, signal)))[field];
  if (typeof id === "number") return { entityType, buildiumId: id };
  return id ? { entityType, entityId: id, buildiumId: await readBuildiumId({ entityType, entityId: id }, signal) } : null;
}

/** Read the Buildium id of an entity, once for all rows of a view; null without one. */
function readBuildiumId(ref, signal) {
  if (!idsByView.has(signal)) idsByView.set(signal, new Map());
  const ids = idsByView.get(signal);
  if (!ids.has(refKey(ref))) ids.set(refKey(ref), readSync(ref, signal).then(({ buildiumId }) => buildiumId));
  return ids.get(refKey(ref));
}
