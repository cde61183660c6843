/** Edits an entity in place: the rejected fields first, with their errors, then all of them. */
import { ApiError, readVersion, update } from "./api.js";
import { announce, button, errorBox, focusOn, h } from "./dom.js";
import { fieldInput, InputError } from "./edit-fields.js";
import { entityFromBody, entityPath, normalizeField } from "./entity-client.js";
import { changeableFields, fieldsOf, resolve } from "./entity-schema.js";
import { humanize } from "./format.js";
import { listName, readLists } from "./pick-lists.js";

const CHANGED_SINCE = "The entity has changed since you opened it. The form has the current values and your changes. Check them, then save again.";
const PRECONDITION_FAILED = 412;

/**
 * Make the form of an entity. `errors` are those of its sync, as `[{field, message}]`.
 * `onSaved()` is called after a successful save, `onCancel()` when the operator leaves the form. `typed` are the changes
 * of an earlier form, whose entity has changed since.
 */
export async function editForm(ref, errors, { onSaved, onCancel, typed }, signal) {
  const path = entityPath(ref);
  const [{ body, etag }, fields] = await Promise.all([readVersion(path, signal), changeableFields(ref.entityType, signal)]);
  const lists = await readLists(fields.flatMap((field) => listNames(ref.entityType, field)), signal);
  const values = new Map(Object.entries(entityFromBody(body)).map(([name, value]) => [normalizeField(name), value]));
  const inputs = fields.map((field) => fieldInput(field, values.get(normalizeField(field.name)), { entityType: ref.entityType, lists }));
  const general = h("div", { class: "result" });
  const { notices, kept } = typed ? keepTyped(typed, inputs) : { notices: [], kept: new Set() };
  const showAll = button("Show all fields", () => {
    for (const input of inputs) input.element.hidden = false;
    showAll.remove();
  });
  const readAgain = async () => {
    try {
      const current = await editForm(ref, errors, { onSaved, onCancel, typed: typedTexts(inputs) }, signal);
      form.replaceWith(current);
      focusForm(current);
    } catch (error) {
      if (!signal.aborted) showErrors(error, inputs, general);
    }
  };
  const save = async (event) => {
    event.preventDefault();
    clearErrors(inputs, general);
    try {
      await update(path, changes(inputs), etag, signal);
      onSaved();
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === PRECONDITION_FAILED) await readAgain();
      else showErrors(error, inputs, general);
    }
  };
  const form = h("form", { class: "stack edit", novalidate: true, "aria-label": "Edit the entity", onsubmit: save }, notices, general, inputs.map(({ element }) => element));
  const rejected = placeErrors(errors, inputs, general);
  if (rejected.size) for (const input of inputs) input.element.hidden = !rejected.has(input) && !kept.has(input);
  form.append(h("div", { class: "actions" }, h("button", { type: "submit", class: "primary", "data-needs": "write" }, "Save and sync"), rejected.size && rejected.size < inputs.length ? showAll : null, button("Cancel", onCancel)));
  return form;
}

/** Focus the first field of a form, a rejected one if there is any. */
export function focusForm(form) {
  (form.querySelector('[aria-invalid="true"]') ?? form.querySelector("input, select, textarea"))?.focus();
}

/** Return what the operator changed, as `[{path, text, listText}]`. */
function typedTexts(inputs) {
  const changed = inputs.flatMap((input) => input.inputs).filter((part) => part.isChanged());
  return changed.map(({ path, control, listText }) => ({ path, text: control.value, listText }));
}

/**
 * Put what the operator typed into the form again. Returns the fields that have it, and notices. A line of a list that
 * has changed may be another one: its text is only shown.
 */
function keepTyped(typed, inputs) {
  const notices = [errorBox(CHANGED_SINCE)];
  const kept = new Set();
  for (const { path, text, listText } of typed) {
    const input = inputs.find((each) => each.inputs.some((part) => part.path === path && part.listText === listText));
    if (input) {
      input.inputs.find((part) => part.path === path).keep(text);
      kept.add(input);
    } else notices.push(errorBox(`${pathLabel(path)}: the list has changed. Your value was “${text}”. Enter it again.`));
  }
  return { notices, kept };
}

const pathLabel = (path) => path.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) + 1 : humanize(part))).join(" ");

function listNames(entityType, { name, schema }) {
  const parts = schema.properties ?? (schema.items && resolve(schema.items).properties);
  return parts ? fieldsOf(parts).flatMap((part) => listNames(entityType, part)) : [listName(entityType, name)].filter(Boolean);
}

/** Return the changed fields. Throws an `ApiError` with the errors of inputs that are no values. */
function changes(inputs) {
  const body = {};
  const errors = [];
  for (const input of inputs.filter((each) => each.isChanged())) {
    try {
      body[input.path] = input.value();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      errors.push({ field: input.path, message: error.message });
    }
  }
  if (errors.length) throw new ApiError("Correct the marked fields.", 0, errors);
  if (!Object.keys(body).length) throw new ApiError("Change a field first.", 0);
  return body;
}

function clearErrors(inputs, general) {
  general.replaceChildren();
  for (const input of inputs.flatMap((each) => each.inputs)) input.showError("");
}

function showErrors(error, inputs, general) {
  const rejected = placeErrors(error.errors ?? [], inputs, general);
  for (const input of rejected) input.element.hidden = false;
  if (!rejected.size && !general.children.length) general.replaceChildren(errorBox(error.message));
  announce(error.message);
  const first = [...rejected][0]?.inputs.find(({ control }) => control.hasAttribute("aria-invalid"));
  if (first) first.control.focus();
  else focusOn(general);
}

/** Show each error at its field, and the others above the fields. Returns the fields that have errors. */
function placeErrors(errors, inputs, general) {
  const rejected = new Set();
  for (const { field, message } of errors) {
    const found = inputsOf(field, inputs);
    for (const [input, part] of found) {
      part.showError(message);
      rejected.add(input);
    }
    if (!found.length && message) general.append(errorBox(field ? `${field}: ${message}` : message));
  }
  return rejected;
}

/** Return the inputs that an error names, in the words of the API or of Buildium, as pairs of field and part. */
function inputsOf(field, inputs) {
  const name = normalizeField(field.replaceAll("[", ".").replaceAll("]", ""));
  const leaf = name.split(".").at(-1);
  const pairs = inputs.flatMap((input) => input.inputs.map((part) => [input, part, normalizeField(part.path)]));
  const tests = [
    (path) => path === name,
    (path, input) => normalizeField(input.path) === name,
    (path) => path.split(".").at(-1) === leaf,
    (path) => path === `primary${leaf}`,
  ];
  for (const test of tests) {
    const found = pairs.filter(([input, , path]) => test(path, input));
    if (found.length) return found;
  }
  return [];
}
