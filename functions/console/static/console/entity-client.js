/** Reads entities and their syncs from the API, and links to them. */
import { pathOf, pollUntil, read } from "./api.js";
import { h } from "./dom.js";
import { humanize, pluralize } from "./format.js";

/** Fields that only the local entity has, so there is nothing to compare. */
export const LOCAL_FIELDS = new Set(["id", "contact_id", "createdAt", "updatedAt", "deletionRequestedAt", "deletedAt", "created_at", "updated_at", "deleted_at"]);

const UNFINISHED = new Set(["pending", "syncing"]);
const NAME_FIELDS = ["displayName", "name", "title", "unitNumber", "companyName", "lastName", "memo"];
const SYNC_PATH = "api/buildium/sync";
const LARGEST_PAGE = 100;
const ID_PREFIX_LENGTH = 8;
const namesByRef = new Map();
let types;

/** Return the entity types, in the API's order. */
export async function entityTypes(signal) {
  types ??= Object.keys((await read("api/buildium/overview", {}, signal)).overview.entities);
  return types;
}

/** Return the entity types as options of a select, after one with an empty value. */
export async function typeOptions(emptyLabel, signal) {
  return [["", emptyLabel], ...(await entityTypes(signal)).map((type) => [type, humanize(type)])];
}

/** Return the collection of an entity type, as in the API's paths. */
export const collectionName = (type) => (/[^aeiou]y$/.test(type) ? `${type.slice(0, -1)}ies` : `${type}s`);

/** Return the path of an entity in the API. */
export const entityPath = ({ entityType, entityId }) => `api/${pathOf(collectionName(entityType), entityId)}`;

/** Return an entity type's plural in a sentence. */
export const pluralType = (type) => humanize(collectionName(type)).toLowerCase();

/** Return a count of entities of a type, for example `2 bills`. */
export const countOfType = (count, type) => pluralize(count, humanize(type).toLowerCase(), pluralType(type));

/** Return a field's name for comparison: the API writes some names in snake_case and some in camelCase. */
export const normalizeField = (field) => field.replaceAll("_", "").toLowerCase();

/** Return the display name of an entity; without one, its type and the start of its ID. */
export function displayName(type, entity, id) {
  if (type === "lease" && entity.unitNumber) return `Lease of unit ${entity.unitNumber}`;
  const name = NAME_FIELDS.map((field) => entity[field]).find((value) => typeof value === "string" && value.trim());
  return name ?? `${humanize(type)} ${String(id).slice(0, ID_PREFIX_LENGTH)}`;
}

/** Return a string that identifies an entity. */
export const refKey = ({ entityType, entityId }) => `${entityType}#${entityId}`;

/** Read an entity. */
export async function readEntity({ entityType, entityId }, signal) {
  const entity = entityFromBody(await read(entityPath({ entityType, entityId }), {}, signal));
  namesByRef.set(refKey({ entityType, entityId }), displayName(entityType, entity, entityId));
  return entity;
}

/** Read all entities of a type that match a query, page by page. */
export async function readAll(type, query, signal) {
  const entities = [];
  let cursor;
  do {
    const page = await read(`api/${pathOf(collectionName(type))}`, { ...query, limit: LARGEST_PAGE, cursor }, signal);
    entities.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return entities;
}

/** Return the entity in a response body. Some types are flat there, others are under a name. */
export function entityFromBody(body) {
  if ("id" in body) {
    const { buildiumSync, ...entity } = body;
    return entity;
  }
  return Object.values(body).find((value) => value && typeof value === "object" && "id" in value) ?? {};
}

/** Make a link to the view of an entity, with its name if that is known already. */
export function entityLink({ entityType, entityId }, knownName = null) {
  const name = knownName ?? namesByRef.get(refKey({ entityType, entityId })) ?? displayName(entityType, {}, entityId);
  return h("a", { href: `#entity?${new URLSearchParams({ entityType, entityId })}` }, name);
}

/** Put the entity's name into a link. If the entity cannot be read, the link keeps the ID. */
export async function nameLink(link, ref, signal) {
  if (!namesByRef.has(refKey(ref))) await readEntity(ref, signal).catch(() => {});
  if (namesByRef.has(refKey(ref))) link.textContent = namesByRef.get(refKey(ref));
}

/** Read the sync of an entity. */
export async function readSync({ entityType, entityId }, signal) {
  return (await read(SYNC_PATH, { entityType, entityId }, signal)).syncStatus;
}

/** Wait until a sync has finished, and return it. `onProgress` gets each unfinished sync that has an error message. */
export async function waitForSync({ entityType, entityId }, signal, onProgress = () => {}) {
  const isFinished = ({ syncStatus }) => !UNFINISHED.has(syncStatus.syncStatus);
  const onBody = ({ syncStatus }) => {
    if (syncStatus.errorMessage) onProgress(syncStatus);
  };
  return (await pollUntil(SYNC_PATH, { entityType, entityId }, isFinished, signal, onBody)).syncStatus;
}
