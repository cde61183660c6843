/** The page's frame: sign-in, navigation between views, and errors of a view. */
import { ApiError, key } from "./api.js";
import { announce, button, errorBox, h } from "./dom.js";
import * as appWebhook from "./app-webhook.js";
import * as calls from "./calls.js";
import * as connection from "./connection.js";
import * as control from "./control.js";
import * as drift from "./drift.js";
import * as entities from "./entities.js";
import * as entity from "./entity.js";
import * as events from "./events.js";
import * as imports from "./imports.js";
import * as leases from "./leases.js";
import { applyPermissions, clearPermissions } from "./permissions.js";
import * as overview from "./overview.js";
import * as reviews from "./reviews.js";
import * as search from "./search.js";
import { refreshStatus, watchStatus } from "./status-banners.js";
import * as syncs from "./syncs.js";

const VIEWS = { overview, syncs, reviews, events, entities, entity, calls, leases, drift, search, import: imports, control, connection, "app-webhook": appWebhook };
const main = document.getElementById("main");
const navigation = document.getElementById("navigation");
const operator = document.getElementById("operator");
let viewAbort = new AbortController();

function showSignIn(error) {
  refreshStatus();
  viewAbort.abort();
  clearPermissions(operator);
  navigation.hidden = true;
  const input = h("input", { type: "password", name: "key", autocomplete: "off", required: true, spellcheck: "false" });
  const signIn = (event) => {
    event.preventDefault();
    key.keep(input.value.trim());
    showView();
  };
  main.replaceChildren(
    h(
      "form",
      { class: "card key", onsubmit: signIn },
      h("h1", { tabindex: "-1" }, "Sign in"),
      error ? errorBox(error) : null,
      h("label", { class: "field" }, h("span", {}, "API key"), input),
      h("p", { class: "hint" }, "The key stays in this browser until you sign out."),
      h("button", { type: "submit", class: "primary" }, "Sign in"),
    ),
  );
  document.title = "Sign in · buildium-sync";
  input.focus();
}

async function showView() {
  if (!key.read()) {
    showSignIn("");
    return;
  }
  refreshStatus();
  viewAbort.abort();
  viewAbort = new AbortController();
  const { signal } = viewAbort;
  const [name, query] = location.hash.slice(1).split("?");
  const isView = Object.hasOwn(VIEWS, name);
  const view = isView ? VIEWS[name] : overview;
  const focusedFilter = document.activeElement.closest(".filters label")?.textContent;
  markCurrentLink(isView ? name : "overview");
  const content = h("div", { class: "view" }, h("p", { class: "hint" }, "Loading …"));
  const heading = h("h1", { tabindex: "-1" }, view.title);
  main.replaceChildren(heading, content);
  document.title = `${view.title} · buildium-sync`;
  heading.focus();
  await fillView(view, content, new URLSearchParams(query), signal);
  if (focusedFilter && !signal.aborted) restoreFilterFocus(content, focusedFilter);
}

/** Changing a filter rebuilds the view: focus the same filter again, for keyboard users. */
function restoreFilterFocus(content, filter) {
  const labels = [...content.querySelectorAll(".filters label")];
  labels.find((label) => label.textContent === filter)?.querySelector("select, input").focus();
}

async function fillView(view, content, query, signal) {
  try {
    await Promise.all([view.show(content, query, signal), applyPermissions(operator, signal)]);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof ApiError)) console.error(error);
    const text = error instanceof ApiError ? error.message : "Internal error in the console. Reload the page.";
    content.replaceChildren(errorBox(text), button("Try again", showView));
  }
}

function markCurrentLink(name) {
  navigation.hidden = false;
  for (const link of navigation.querySelectorAll("a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

document.getElementById("sign-out").addEventListener("click", () => {
  key.forget();
  showSignIn("");
  announce("Signed out.");
});
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("keyrejected", () => {
  key.forget();
  showSignIn("The API key was not accepted. Enter a valid key.");
});
key.onChange(() => (key.read() ? showView() : showSignIn("You signed out in another tab.")));
addEventListener("hashchange", showView);
showView();
watchStatus();
