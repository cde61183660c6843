/** Values of fields that name other entities, as links to the local ones. */
import { copyableId, valueWithIds } from "./copyable-id.js";
import { h } from "./dom.js";
import { entityLink, nameLink } from "./entity-client.js";
import { humanize } from "./format.js";

/** References whose field is not called as their type. */
const TYPES_BY_FIELD = { payeeTenant: "tenant", payment: "lease-payment" };

/** Format the value of a field. `types` are all entity types. A Buildium id without a local entity stays a number, with a copy button. */
export function fieldValue(name, value, types, signal) {
  if (value?.entityType && value.entityId) return namedLink(value, signal);
  const entityType = referencedType(name, types);
  if (!entityType || ![value].flat().some((each) => typeof each === "string" && each)) return valueWithIds(name, value);
  const parts = [value].flat().map((id) => (typeof id === "string" ? namedLink({ entityType, entityId: id }, signal) : copyableId("", id, `Buildium ID of the ${humanize(entityType).toLowerCase()}`)));
  return h("span", {}, parts.flatMap((part, at) => (at ? [", ", part] : [part])));
}

/** Return the type that a field such as `workOrderId` or `property_ids` names; undefined for other fields. */
export function referencedType(name, types) {
  const field = name.match(/^(.+?)(?:_ids?|Ids?)$/)?.[1];
  if (!field) return undefined;
  return TYPES_BY_FIELD[field] ?? types.find((type) => type === field.replace(/([A-Z])/g, "-$1").replaceAll("_", "-").toLowerCase());
}

function namedLink(ref, signal) {
  const link = entityLink(ref);
  nameLink(link, ref, signal);
  return link;
}
