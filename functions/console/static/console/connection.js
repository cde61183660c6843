/** The connection check: what is misconfigured, and what to do about it. */
import { read } from "./api.js";
import { button, card, errorBox, h } from "./dom.js";
import { pluralize } from "./format.js";

export const title = "Connection";

const PATH = "api/buildium/connection";
const LABELS = { failed: "Failed", warning: "Warning", ok: "OK" };
const BADGES = { failed: "failed", warning: "blocked", ok: "synced" };

/** Check the connection, and show the findings with the most serious ones first. */
export async function show(content, _query, signal) {
  content.replaceChildren(h("p", { class: "hint" }, "Reading Buildium with at most 20 calls …"));
  const { ready, calls, checks } = await read(PATH, {}, signal);
  const text = ready ? "The connection to Buildium is ready." : "The connection to Buildium is not ready.";
  content.replaceChildren(
    h("p", { role: "status" }, text, " ", h("span", { class: "hint" }, `${pluralize(calls, "call")} to Buildium, no writes.`)),
    button("Check again", () => checkAgain(content, _query, signal)),
    ...Object.keys(LABELS).map((status) => group(status, checks)).filter(Boolean),
  );
}

async function checkAgain(content, query, signal) {
  try {
    await show(content, query, signal);
  } catch (error) {
    if (!signal.aborted) content.replaceChildren(errorBox(error.message), button("Check again", () => checkAgain(content, query, signal)));
  }
}

function group(status, checks) {
  const found = checks.filter((check) => check.status === status);
  return found.length ? card(`${LABELS[status]} (${found.length})`, found.map(finding)) : null;
}

const finding = ({ name, status, detail, remedy }) =>
  h(
    "div",
    { class: "stack" },
    h("p", {}, h("span", { class: `badge ${BADGES[status]}` }, LABELS[status]), " ", h("strong", {}, name)),
    h("p", { class: "reason" }, detail),
    remedy ? h("p", { class: "hint" }, remedy) : null,
  );
