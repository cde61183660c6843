/** An id with a button that copies it. */
import { announce, button, h } from "./dom.js";

/** Make the label, the id and its copy button. */
export function copyableId(label, id) {
  const copy = button(
    "Copy",
    async () => {
      try {
        await navigator.clipboard.writeText(String(id));
        announce(`${label || "ID"} copied.`);
      } catch {
        announce(`${label || "ID"} could not be copied. Select it instead.`);
      }
    },
    { class: "quiet copy", "aria-label": `Copy ${label || "ID"} ${id}` },
  );
  return h("span", { class: "copyable" }, label ? `${label} ` : "", h("code", {}, String(id)), copy);
}
