/** Builds the page. Everything shown becomes text, never HTML, because names and messages are data. */

/** Make an HTML element. An attribute `on…` is a listener; an attribute that is false or null is left out. */
export function h(name, attributes = {}, ...children) {
  return build(document.createElement(name), attributes, children);
}

/** Make an SVG element. */
export function svg(name, attributes = {}, ...children) {
  return build(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), (event) => endWithView(value(event)));
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== false && child != null));
  return element;
}

/** Await an action. It is no error that it was aborted because another view was opened. */
async function endWithView(action) {
  try {
    await action;
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

/** Make a button. While its action runs, another click does nothing. */
export function button(label, action, attributes = {}) {
  const element = h("button", { type: "button", ...attributes }, label);
  element.addEventListener("click", async () => {
    if (element.getAttribute("aria-disabled") === "true") return;
    element.setAttribute("aria-disabled", "true");
    try {
      await endWithView(action(element));
    } finally {
      element.removeAttribute("aria-disabled");
    }
  });
  return element;
}

/** Make a labelled select from `options`, pairs of value and text. */
export function selectField(label, options, selected, onSelect) {
  const select = h(
    "select",
    { onchange: () => onSelect?.(select.value) },
    options.map(([value, text]) => h("option", { value, selected: value === selected }, text)),
  );
  return h("label", { class: "field" }, h("span", {}, label), select);
}

/**
 * Make a table. The first cell of a row is its heading.
 * A narrow screen shows the rows as lists; the explicit roles keep it a table for screen readers.
 */
export function table(caption, head, rows) {
  const cell = (content, column) => {
    const isHeading = column === 0;
    const attributes = isHeading ? { role: "rowheader", scope: "row" } : { role: "cell", "data-label": head[column] };
    // A narrow screen places each child of a cell on its own, so that several become one.
    return h(isHeading ? "th" : "td", attributes, Array.isArray(content) ? h("span", {}, content) : content);
  };
  return h(
    "table",
    { role: "table" },
    h("caption", {}, caption),
    h(
      "thead",
      { role: "rowgroup" },
      h("tr", { role: "row" }, head.map((text) => h("th", { role: "columnheader", scope: "col" }, text))),
    ),
    h("tbody", { role: "rowgroup" }, rows.map((row) => h("tr", { role: "row" }, row.map(cell)))),
  );
}

/** Make a description list from arrays of a term and its values. */
export function descriptionList(pairs) {
  return h("dl", {}, pairs.map(([term, ...values]) => h("div", {}, h("dt", {}, term), h("dd", {}, values))));
}

/** Make a bordered section with a heading. */
export function card(title, ...children) {
  return h("section", { class: "card" }, h("h2", {}, title), children);
}

/** Make an empty area for the result of an action. */
export function resultArea(className = "result") {
  return h("div", { class: className });
}

/** Make an error message that screen readers announce. */
export function errorBox(text) {
  return h("p", { class: "error", role: "alert" }, text);
}

/** Make the sentence with what the operator can do. */
export function adviceText(text) {
  return h("p", { class: "advice" }, h("strong", {}, "What to do: "), text);
}

/** Let screen readers announce a text. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Focus an element that replaced the focused one. */
export function focusOn(element) {
  element.setAttribute("tabindex", "-1");
  element.focus();
}

/** Isolate a name or value from the text beside it. */
export const isolated = (text) => h("bdi", {}, text);

/** Ask the operator to confirm an action. Both texts may have elements. Resolves to true or false. */
export function askToConfirm(question, consequence, label) {
  return new Promise((resolve) => {
    const title = h("h2", { id: "question" }, question);
    const dialog = h("dialog", { "aria-labelledby": "question" }, title, consequence instanceof Node ? consequence : h("p", {}, consequence));
    dialog.append(
      h(
        "div",
        { class: "actions" },
        button(label, () => dialog.close("yes"), { class: "primary" }),
        button("Cancel", () => dialog.close("")),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
