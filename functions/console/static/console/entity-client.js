/** What several views need of entities: their types, names, links, and how their syncs end. */
import { read, readUntil } from "./api.js";
import { h } from "./dom.js";
import { collectionOf, entityIn, nameOf, words } from "./labels.js";

/** What an entity has on our side alone: it is nothing to compare. */
export const OUR_OWN = new Set(["id", "contact_id", "createdAt", "updatedAt", "deletedAt", "created_at", "updated_at", "deleted_at"]);

const ON_THE_WAY = new Set(["pending", "syncing"]);
const names = new Map();
let types;

/** Return the entity types, in the API's order. */
export async function entityTypes(signal) {
  types ??= Object.keys((await read("api/buildium/overview", {}, signal)).overview.entities);
  return types;
}

/** Return the types as choices, with one for all of them. */
export async function typeChoices(all, signal) {
  return [["", all], ...(await entityTypes(signal)).map((type) => [type, words(type)])];
}

/** Return an entity as the API has it. */
export async function entityOf({ entityType, entityId }, signal) {
  const path = `api/${collectionOf(entityType)}/${encodeURIComponent(entityId)}`;
  const entity = entityIn(await read(path, {}, signal));
  names.set(`${entityType}#${entityId}`, nameOf(entityType, entity, entityId));
  return entity;
}

/** Make a link to the view of an entity; its name comes when it is known. */
export function entityLink({ entityType, entityId }) {
  const known = names.get(`${entityType}#${entityId}`);
  const address = `#entity?${new URLSearchParams({ entityType, entityId })}`;
  return h("a", { href: address }, known ?? nameOf(entityType, {}, entityId));
}

/** Put the name into a link. One that cannot be read keeps its id: the row tells what matters. */
export async function nameLink(link, ref, signal) {
  const id = `${ref.entityType}#${ref.entityId}`;
  if (!names.has(id)) await entityOf(ref, signal).catch(() => {});
  if (names.has(id)) link.textContent = names.get(id);
}

/** Wait for the outcome of a sync, and return it. What keeps it waiting is told meanwhile. */
export async function settled({ entityType, entityId }, signal, tell = () => {}) {
  const ended = ({ syncStatus }) => !ON_THE_WAY.has(syncStatus.syncStatus);
  const onSeen = ({ syncStatus }) => {
    if (syncStatus.errorMessage) tell(syncStatus);
  };
  return (await readUntil("api/buildium/sync", { entityType, entityId }, ended, signal, onSeen)).syncStatus;
}
