/** Entities of which Buildium has several that they may be: a person chooses. */
import { write } from "./api.js";
import { announce, button, confirmed, focusOn, h, outcome, problem, terms } from "./dom.js";
import { entityLink, entityOf, nameLink, settled } from "./entities.js";
import { pagedList } from "./pages.js";
import { advice, badge, time, valueText, words } from "./words.js";

export const title = "Review";

const HIDDEN = new Set(["id", "contact_id", "createdAt", "updatedAt", "deletedAt", "created_at", "updated_at", "deleted_at"]);
const MOST = 12;

/** Show what is to be decided. */
export async function show(place, _query, signal) {
  const row = (sync) => decision(sync, signal);
  const query = { status: "needs_review" };
  const list = await pagedList({ path: "api/buildium/sync", query, items: "failedSyncs", row, empty: "Nothing is to be decided.", signal });
  place.replaceChildren(
    h(
      "p",
      {},
      "Buildium has several that each of these may be. Look at them in Buildium by their ids, and say which one it is. ",
      "Nothing is written to any of them before.",
    ),
    list,
  );
}

function decision(sync, signal) {
  const link = entityLink(sync);
  const ours = h("div", {}, h("p", { class: "hint" }, "Loading …"));
  const body = h("div", { class: "told" });
  const element = h(
    "li",
    { class: "row" },
    h("div", { class: "rowhead" }, h("div", { class: "name" }, link, h("span", { class: "hint" }, words(sync.entityType), ", ", time(sync.updatedAt)))),
    h("p", { class: "reason" }, sync.errorMessage ?? ""),
    body,
  );
  body.append(sides(sync, ours, link, body, signal));
  fill(ours, link, sync, signal);
  return element;
}

async function fill(ours, link, sync, signal) {
  try {
    const entity = await entityOf(sync, signal);
    await nameLink(link, sync, signal);
    const told = Object.entries(entity).filter(([name, value]) => !HIDDEN.has(name) && value !== null && typeof value !== "object");
    ours.replaceChildren(terms(told.slice(0, MOST).map(([name, value]) => [words(name), valueText(value)])));
  } catch (error) {
    if (!signal.aborted) ours.replaceChildren(problem(error.message));
  }
}

function sides(sync, ours, link, body, signal) {
  const decide = (buildiumId, question, consequence) => async () => {
    if (await confirmed(question(link.textContent), consequence, "Yes, decide")) await decided(sync, buildiumId, body, signal);
  };
  const candidate = (id) =>
    h(
      "section",
      { class: "side" },
      h("h2", {}, `Buildium ${id}`),
      h("p", { class: "hint" }, "Open it in Buildium to compare it with ours."),
      button(
        "It is this one",
        decide(id, (name) => `Is ${name} the one with Buildium id ${id}?`, "The two are linked, and the sync brings them together."),
        { "aria-label": `It is Buildium ${id}` },
      ),
    );
  return h(
    "div",
    { class: "sides" },
    h("section", { class: "side" }, h("h2", {}, "Ours"), ours),
    sync.candidates.map(candidate),
    h(
      "section",
      { class: "side" },
      h("h2", {}, "None of them"),
      h("p", { class: "hint" }, "It is not in Buildium yet."),
      button("Create a new one", decide(null, (name) => `Create ${name} anew in Buildium?`, "If one of the others was it after all, it is there twice then.")),
    ),
  );
}

async function decided(sync, buildiumId, body, signal) {
  const { entityType, entityId } = sync;
  body.replaceChildren(h("p", { class: "hint" }, "Decided; the sync is under way …"));
  const result = outcome("told");
  try {
    await write("api/buildium/review", { entityType, entityId, buildiumId }, signal);
    const ended = await settled(sync, signal);
    const now = ended.buildiumId ? ` Its Buildium id is ${ended.buildiumId}.` : "";
    const next = ended.syncStatus === "synced" ? "" : ` ${ended.errorMessage ?? ""} ${advice(ended.syncStatus, ended.errorMessage)}`;
    result.append(h("p", {}, badge(ended.syncStatus), now, next));
    announce(`Decided. ${result.textContent}`);
  } catch (error) {
    if (signal.aborted) return;
    result.append(problem(error.message));
  }
  body.replaceChildren(result);
  focusOn(result);
}
