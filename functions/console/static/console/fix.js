/** The button that edits an entity in place, and then shows its sync. */
import { button, errorBox, h } from "./dom.js";
import { editForm, focusForm } from "./edit-form.js";

const FIXABLE_STATUSES = new Set(["failed", "blocked"]);

/** Make the button for a failed or blocked sync; null for other statuses. See `editButton`. */
export function fixButton(currentSync, subject, body, actions, signal) {
  return FIXABLE_STATUSES.has(currentSync().syncStatus) ? editButton("Fix", currentSync, subject, body, actions, signal) : null;
}

/** Return whether a form is open in an element. Progress does not replace it: the operator may have typed something. */
export const isEditing = (element) => element.querySelector("form.edit") !== null;

/** Show an error in place of the content of an element, or above the form that is open there. */
export function showError(element, text) {
  if (isEditing(element)) element.prepend(errorBox(text));
  else element.replaceChildren(errorBox(text));
}

/**
 * Make a button that shows the form of an entity in `body`. `currentSync` returns its sync.
 * `onSaved` shows the sync after a save, and `onCancel` restores the content of `body`.
 */
export function editButton(label, currentSync, subject, body, { onSaved, onCancel }, signal) {
  const cancel = () => {
    body.replaceChildren();
    onCancel();
    element.focus();
  };
  const saved = async () => {
    body.replaceChildren(h("p", { class: "hint" }, "Saved. Syncing …"));
    element.focus();
    try {
      await onSaved();
    } catch (error) {
      if (!signal.aborted) showError(body, `Saved; its status could not be read: ${error.message}`);
    }
  };
  const element = button(label, async () => {
    body.replaceChildren(h("p", { class: "hint" }, "Loading the fields …"));
    try {
      const sync = currentSync();
      const form = await editForm(sync, sync.errors, { onSaved: saved, onCancel: cancel }, signal);
      body.replaceChildren(form);
      focusForm(form);
    } catch (error) {
      if (!signal.aborted) body.replaceChildren(errorBox(error.message));
    }
  }, { "aria-label": `${label} ${subject}`, "data-needs": "write" });
  return element;
}
