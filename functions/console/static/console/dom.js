/** Building the page. What is shown becomes text, never HTML: names and messages are data. */

/** Make an element. An attribute `on…` is a listener; one that is false or null is left out. */
export function h(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** Make an element of SVG. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== false && child != null));
  return element;
}

/** Make a button. While its action runs, another press does nothing. */
export function button(label, action, attributes = {}) {
  const made = h("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", async () => {
    if (made.getAttribute("aria-disabled") === "true") return;
    made.setAttribute("aria-disabled", "true");
    try {
      await action(made);
    } finally {
      made.removeAttribute("aria-disabled");
    }
  });
  return made;
}

/** Make a choice of `options`, pairs of value and label. */
export function choice(label, options, chosen, onChoice) {
  const select = h(
    "select",
    { onchange: () => onChoice?.(select.value) },
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)),
  );
  return h("label", { class: "field" }, h("span", {}, label), select);
}

/** Make a table that a narrow screen shows as a list; the roles outlive its change of display. */
export function table(caption, head, rows) {
  const cell = (content, place) => {
    const name = place === 0 ? "th" : "td";
    const attributes = place === 0 ? { role: "rowheader", scope: "row" } : { role: "cell", "data-label": head[place] };
    return h(name, attributes, content);
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

/** Make a list of terms and what they are, from pairs. */
export function terms(pairs) {
  return h("dl", {}, pairs.map(([term, ...what]) => h("div", {}, h("dt", {}, term), h("dd", {}, what))));
}

/** Make a bordered part of the page with a heading. */
export function card(title, ...children) {
  return h("section", { class: "card" }, h("h2", {}, title), children);
}

/** Make a place for what an action came to. */
export function outcome(className = "outcome") {
  return h("div", { class: className });
}

/** Make a message of something that went wrong. */
export function problem(text) {
  return h("p", { class: "problem", role: "alert" }, text);
}

/** Make the sentence that says what a person can do. */
export function whatToDo(text) {
  return h("p", { class: "advice" }, h("strong", {}, "What to do: "), text);
}

/** Have a screen reader say something. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Move the focus to what has taken the place of what had it. */
export function focusOn(element) {
  element.setAttribute("tabindex", "-1");
  element.focus();
}

/** Ask before something is done; resolves to whether it is wanted. */
export function confirmed(question, consequence, label) {
  return new Promise((resolve) => {
    const title = h("h2", { id: "question" }, question);
    const dialog = h("dialog", { "aria-labelledby": "question" }, title, h("p", {}, consequence));
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
