/** Inputs for the fields of an entity, from their schemas. A field can have parts, such as the lines of a bill. */
import { h, isolated } from "./dom.js";
import { fieldsOf, resolve } from "./entity-schema.js";
import { EMPTY_VALUE, humanize } from "./format.js";
import { listName } from "./pick-lists.js";

const MIN_TEXT_AREA_LENGTH = 1000;
const INVALID_NUMBER = "must be a number such as 1250 or 1,250.50";
// A comma separates thousands only: “12,50” would become a hundred times as much.
const NUMBER = /^-?((\d+|\d{1,3}(,\d{3})+)(\.\d+)?|\.\d+)$/;
let ids = 0;

/**
 * Make the input of a field: `{path, element, inputs, isChanged(), value()}`.
 * `inputs` are the inputs without parts: each has a `path`, `showError(text)`, and `keep(text)`, which puts a text in
 * beside the current value. In a list, `listText` identifies the whole list. `value()` throws an `InputError`.
 */
export function fieldInput({ name, schema }, value, { entityType, lists, listText, path = name }) {
  const context = { entityType, lists, listText };
  if (schema.type === "object" || schema.properties) return groupInput(name, path, objectParts(schema, value, path, context), (parts) => ({ ...value, ...changed(parts) }));
  const items = schema.items && resolve(schema.items);
  if (items?.properties) return groupInput(name, path, (value ?? []).map((item, at) => fieldInput({ name: `${name} ${at + 1}`, schema: items }, item, { ...context, listText: JSON.stringify(value), path: `${path}.${at}` })), (parts) => parts.map((part, at) => (part.isChanged() ? part.value() : value[at])));
  return singleInput(name, schema, value, path, context);
}

/** An input whose text is not a value of its field. */
export class InputError extends Error {}

function objectParts(schema, value, path, context) {
  return fieldsOf(schema.properties).map((field) => fieldInput(field, value?.[field.name], { ...context, path: `${path}.${field.name}` }));
}

const changed = (parts) => Object.fromEntries(parts.filter((part) => part.isChanged()).map((part) => [part.path.split(".").at(-1), part.value()]));

function groupInput(name, path, parts, value) {
  const element = h("fieldset", {}, h("legend", {}, humanize(name)), parts.map((part) => part.element));
  return { path, element, inputs: parts.flatMap((part) => part.inputs), isChanged: () => parts.some((part) => part.isChanged()), value: () => value(parts) };
}

function singleInput(name, schema, value, path, { entityType, lists, listText }) {
  const id = `field-${(ids += 1)}`;
  const control = makeControl(schema, value, lists.get(listName(entityType, name)));
  control.id = id;
  const error = h("p", { id: `${id}-error`, class: "field-error", role: "alert" });
  control.setAttribute("aria-describedby", error.id);
  const initial = control.value;
  const initialText = control.selectedOptions?.[0].text ?? (initial || EMPTY_VALUE);
  const showError = (text) => {
    error.textContent = text ? `${humanize(name)}: ${text}` : "";
    if (text) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  };
  const element = h("div", { class: "field" }, h("label", { for: id }, humanize(name)), control, schema.description ? h("p", { class: "hint" }, schema.description) : null, error);
  const keep = (text) => {
    enter(control, text);
    if (control.value === initial) return;
    control.after(h("p", { id: `${id}-current`, class: "hint" }, "Current value: ", isolated(initialText)));
    control.setAttribute("aria-describedby", `${error.id} ${id}-current`);
  };
  const input = { path, listText, element, control, showError, keep, isChanged: () => control.value !== initial };
  input.inputs = [input];
  input.value = () => parse(control.value.trim(), schema, value);
  return input;
}

function makeControl(schema, value, items) {
  if (items) return selectControl(items.map((item) => [String(item.id), `${item.name} (${item.id})`]), value);
  if (schema.enum) return selectControl(schema.enum.map((each) => [each, humanize(each)]), value);
  if (schema.type === "boolean") return selectControl([["true", "yes"], ["false", "no"]], value);
  const text = Array.isArray(value) ? value.join(", ") : String(value ?? "");
  if (schema.maxLength > MIN_TEXT_AREA_LENGTH) return h("textarea", { rows: 3 }, text);
  const mode = { integer: "numeric", number: "decimal" }[schema.type];
  return h("input", { type: "text", value: text, autocomplete: "off", inputmode: mode });
}

function selectControl(options, value) {
  const current = String(value ?? "");
  const known = options.some(([option]) => option === current);
  const all = [["", "–"], ...options, ...(known || !current ? [] : [[current, `${current} (not in the list)`]])];
  return h("select", {}, all.map(([option, text]) => h("option", { value: option, selected: option === current }, text)));
}

/** Put a text into a control. A list that was read again may lack the choice. */
function enter(control, text) {
  if (control.options && ![...control.options].some(({ value }) => value === text)) control.append(h("option", { value: text }, text));
  control.value = text;
}

/** Return the value that a text stands for. `old` is the value before, whose type a reference keeps. */
function parse(text, schema, old) {
  if (schema.type === "array") return text ? text.split(",").map((part, at) => parse(part.trim(), resolve(schema.items), old?.[at])) : [];
  if (!text) return null;
  if (schema.type === "boolean") return text === "true";
  if (schema.type === "integer" || schema.type === "number") return toNumber(text);
  const isBuildiumId = schema.types?.includes("integer") && /^\d+$/.test(text) && String(old) !== text;
  return isBuildiumId ? Number(text) : text;
}

function toNumber(text) {
  if (!NUMBER.test(text)) throw new InputError(INVALID_NUMBER);
  return Number(text.replaceAll(",", ""));
}
