/** Ids with a button that copies them. */
import { announce, button, descriptionList, h } from "./dom.js";
import { EMPTY_VALUE, formatValue, humanize } from "./format.js";

const ID_FIELD = /^id$|_ids?$|[a-z]Ids?$/;

/** Make the label, the id and its copy button. Screen readers hear `name` in place of an empty label. */
export function copyableId(label, id, name = label) {
  return h("span", { class: "copyable" }, label ? `${label} ` : "", h("code", {}, String(id)), copyButton(name, id));
}

/** Make the button that copies an id. `name` says what it is the id of. */
export function copyButton(name, id) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(String(id));
      announce(`${name} copied.`);
    } catch {
      announce(`${name} could not be copied. Select it instead.`);
    }
  };
  return button("Copy", copy, { class: "quiet copy", "aria-label": `Copy ${name} ${id}` });
}

/** Format the value of a field, objects as lists of their parts; each id in a field of ids has a copy button. */
export function valueWithIds(field, value) {
  const parts = [value].flat();
  if (parts.length && parts.every((part) => part && typeof part === "object")) return h("div", { class: "parts" }, parts.map(objectParts));
  if (!ID_FIELD.test(field) || formatValue(value) === EMPTY_VALUE) return formatValue(value);
  const name = field === "id" ? "Local ID" : humanize(field).replace(/IDs$/, "ID");
  return h("span", { class: "ids" }, parts.map((id) => copyableId("", id, name)));
}

function objectParts(object) {
  const parts = Object.entries(object).map(([field, value]) => [humanize(field), valueWithIds(field, value)]);
  return descriptionList(parts.filter(([, value]) => value !== EMPTY_VALUE));
}

/** Return who wrote or decided something, to follow its time: the operator, or the API key of the application. */
export function author({ name, apiKeyId }) {
  if (name) return [", by ", name];
  return apiKeyId ? [", ", copyableId("API key", apiKeyId, "API key ID")] : [];
}
