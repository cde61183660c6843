/** The page's frame: the key, the views, and what is told when one cannot be shown. */
import { key, Refused } from "./api.js";
import { announce, button, h, problem } from "./dom.js";
import * as drift from "./drift.js";
import * as entity from "./entity.js";
import * as events from "./events.js";
import * as overview from "./overview.js";
import * as syncs from "./syncs.js";
import * as review from "./review.js";

const VIEWS = { overview, syncs, review, events, entity, drift };
const main = document.getElementById("main");
const navigation = document.getElementById("navigation");
let leaving = new AbortController();

function askForKey(why) {
  leaving.abort();
  navigation.hidden = true;
  const input = h("input", { type: "password", name: "key", autocomplete: "off", required: true, spellcheck: "false" });
  const keep = (event) => {
    event.preventDefault();
    key.keep(input.value.trim());
    show();
  };
  main.replaceChildren(
    h(
      "form",
      { class: "card key", onsubmit: keep },
      h("h1", { tabindex: "-1" }, "Console"),
      why ? problem(why) : null,
      h("label", { class: "field" }, h("span", {}, "API key"), input),
      h("p", { class: "hint" }, "It is kept in this tab until you close it."),
      h("button", { type: "submit", class: "primary" }, "Open"),
    ),
  );
  document.title = "Console · buildium-sync";
  input.focus();
}

async function show() {
  if (!key.read()) {
    askForKey("");
    return;
  }
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const [name, query] = location.hash.slice(1).split("?");
  const view = VIEWS[name] ?? overview;
  const filter = document.activeElement.closest(".filters label")?.textContent;
  mark(VIEWS[name] ? name : "overview");
  const place = h("div", { class: "view" }, h("p", { class: "hint" }, "Loading …"));
  const heading = h("h1", { tabindex: "-1" }, view.title);
  main.replaceChildren(heading, place);
  document.title = `${view.title} · buildium-sync`;
  heading.focus();
  await filled(view, place, new URLSearchParams(query), signal);
  if (filter && !signal.aborted) focusAgain(place, filter);
}

/** Give the focus back to a choice that made the view change, so that a keyboard can go on from there. */
function focusAgain(place, filter) {
  const labels = [...place.querySelectorAll(".filters label")];
  labels.find((label) => label.textContent === filter)?.querySelector("select, input").focus();
}

async function filled(view, place, query, signal) {
  try {
    await view.show(place, query, signal);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Refused)) console.error(error);
    const told = error instanceof Refused ? error.message : "The console itself failed. Load the page again.";
    place.replaceChildren(problem(told), button("Try again", show));
  }
}

function mark(name) {
  navigation.hidden = false;
  for (const link of navigation.querySelectorAll("a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

document.getElementById("forget").addEventListener("click", () => {
  key.forget();
  askForKey("");
  announce("The key is forgotten.");
});
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("keyrefused", () => {
  key.forget();
  askForKey("This key was not accepted. Enter a valid one.");
});
addEventListener("hashchange", show);
show();
