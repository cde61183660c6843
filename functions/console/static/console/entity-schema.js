/** The fields of an entity type, from the OpenAPI document. */
import { readSchemas } from "./openapi-schemas.js";

let schemas;

/** Return the names of the fields that only Buildium changes. */
export async function readOnlyFields(entityType, signal) {
  const properties = Object.entries((await schemaOf(entityType, "Item", signal)).properties);
  return new Set(properties.filter(([, { readOnly }]) => readOnly).map(([name]) => name));
}

/** Return the fields that a client can change, as an array of `{name, schema}`. */
export async function changeableFields(entityType, signal) {
  const { properties } = await schemaOf(entityType, "Changes", signal);
  return fieldsOf(properties).filter(({ name }) => name !== "externalId");
}

/** Return the fields of an object's schema. */
export const fieldsOf = (properties) =>
  Object.entries(properties)
    .filter(([, schema]) => !schema.readOnly)
    .map(([name, schema]) => ({ name, schema: resolve(schema) }));

/** Return a schema without null and references, with its `description`. */
export function resolve(schema) {
  const { anyOf, $ref, ...rest } = schema;
  const named = $ref ? schemas[$ref.split("/").at(-1)] : {};
  const choices = (anyOf ?? []).filter(({ type }) => type !== "null");
  const only = choices.length === 1 ? resolve(choices[0]) : {};
  const types = choices.length > 1 ? { types: choices.map(({ type }) => type) } : {};
  return { ...named, ...only, ...types, ...rest };
}

async function schemaOf(entityType, kind, signal) {
  schemas ??= await readSchemas(signal);
  const words = entityType.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return schemas[`${words.join("")}${kind}`];
}
