/** The schemas of the OpenAPI document. */
import { read } from "./api.js";

let schemas;

/** Read the schemas by name, once per page load. */
export async function readSchemas(signal) {
  schemas ??= (await read("openapi.json", {}, signal)).components.schemas;
  return schemas;
}
