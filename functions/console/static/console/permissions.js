/** What the API key may do. A button with `data-needs` is hidden without that permission; the API checks it too. */
import { key, read } from "./api.js";

const PATH = "api/buildium/operator";
const ROLE_LABELS = { read: "may only read", operate: "operator", application: "application key" };
let shownFor;

/** Read the permissions of the key once, apply them to the page, and show whose key it is in an element. */
export async function applyPermissions(element, signal) {
  const current = key.read();
  if (shownFor === current) return;
  const { operator } = await read(PATH, {}, signal);
  shownFor = current;
  document.body.dataset.can = operator.canOperate ? "operate" : operator.canWrite ? "write" : "read";
  element.textContent = [operator.name, ROLE_LABELS[operator.role]].filter(Boolean).join(", ");
}

/** Forget whose key it was. */
export function clearPermissions(element) {
  shownFor = undefined;
  delete document.body.dataset.can;
  element.textContent = "";
}
