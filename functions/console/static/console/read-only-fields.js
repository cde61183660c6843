/** The fields that only Buildium changes, from the OpenAPI document. */
import { readSchemas } from "./openapi-schemas.js";

/** Return the names of the fields of an entity type that only Buildium changes. */
export async function readOnlyFields(entityType, signal) {
  const schemas = await readSchemas(signal);
  const words = entityType.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const properties = Object.entries(schemas[`${words.join("")}Item`].properties);
  return new Set(properties.filter(([, { readOnly }]) => readOnly).map(([name]) => name));
}
