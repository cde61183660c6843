/** Entities of which Buildium has several that they may be: a person chooses. */
import { write } from "./api.js";
import { announce, button, confirmed, focusOn, h, outcome, problem, table } from "./dom.js";
import { entityLink, entityOf, nameLink, OUR_OWN, settled } from "./entity-client.js";
import { pagedList } from "./paged-list.js";
import { advice, badge, number, plain, time, valueText, words } from "./labels.js";

export const title = "Review";

const MOST = 12;

/** Show what is to be decided. */
export async function show(place, _query, signal) {
  const row = (sync) => decision(sync, signal);
  const query = { status: "needs_review" };
  const list = await pagedList({ path: "api/buildium/sync", query, items: "failedSyncs", row, empty: "Nothing is to be decided.", signal });
  place.replaceChildren(
    h("p", {}, "Buildium may have each of these already. Say which of Buildium's it is, or that it is none of them. Nothing is written to any of them before."),
    list,
  );
}

function decision(sync, signal) {
  const link = entityLink(sync);
  const body = h("div", { class: "told" }, h("p", { class: "hint" }, "Loading …"));
  fill(body, link, sync, signal);
  return h(
    "li",
    { class: "row" },
    h("div", { class: "rowhead" }, h("div", { class: "name" }, link, h("span", { class: "hint" }, words(sync.entityType)))),
    body,
  );
}

async function fill(body, link, sync, signal) {
  let entity = {};
  let fault = null;
  try {
    entity = await entityOf(sync, signal);
    await nameLink(link, sync, signal);
  } catch (error) {
    if (signal.aborted) return;
    fault = problem(error.message);
  }
  const choose = chooser(sync, link, body, signal);
  const told = sync.candidateDetails;
  const ids = new Set(told.map(({ buildiumId }) => buildiumId));
  const others = sync.candidates.filter((id) => !ids.has(id));
  body.replaceChildren(
    ...[fault, h("p", { class: "reason" }, howMany(sync, told)), besideEachOther(entity, told, choose), withoutFields(others, choose)].filter(Boolean),
  );
}

function howMany({ candidates, updatedAt }, told) {
  const [only] = candidates;
  const many = candidates.length === 1 ? `Buildium ${only} may be this one, or another of ours.` : `Buildium has ${number(candidates.length)} that may be this one.`;
  return [many, told.length ? " What is shown of it was found " : " That was found ", time(updatedAt), "."];
}

/** Make the buttons that decide: by a Buildium id, or by null for none of them. */
function chooser(sync, link, body, signal) {
  const subject = `${words(sync.entityType)} ${sync.entityId}`;
  const decide = (buildiumId, question, consequence) => async () => {
    if (await confirmed(question(link.textContent), consequence, "Yes, decide")) await decided(sync, buildiumId, body, signal);
  };
  const one = (id) =>
    button(`It is Buildium ${id}`, decide(id, (name) => `Is ${name} the one with Buildium id ${id}?`, "The two are linked, and the sync brings them together."));
  const none = () =>
    button(
      "None: create a new one",
      decide(null, (name) => `Create ${name} anew in Buildium?`, "If one of the others was it after all, it is there twice then."),
      { "aria-label": `None: create a new one for ${subject}` },
    );
  return { subject, one, none };
}

/** Make the table of ours and the candidates; without any that something is kept of, of ours alone. */
function besideEachOther(entity, told, choose) {
  const kept = new Set(told.flatMap(({ fields, differingFields }) => [...Object.keys(fields), ...differingFields]));
  const known = Object.entries(entity).filter(([name, value]) => !OUR_OWN.has(name) && value !== null && typeof value !== "object");
  const ours = new Map(Object.entries(entity).map(([name, value]) => [plain(name), value]));
  const order = [...ours.keys()];
  const names = kept.size
    ? [...kept].sort((one, other) => order.indexOf(plain(one)) - order.indexOf(plain(other)))
    : known.slice(0, MOST).map(([name]) => name);
  const rows = names.map((name) => [words(name), valueText(ours.get(plain(name))), ...told.map((candidate) => valueBeside(candidate, name))]);
  rows.push(["Which one is it?", choose.none(), ...told.map(({ buildiumId }) => choose.one(buildiumId))]);
  const heads = ["Field", "Ours", ...told.map(({ buildiumId }) => `Buildium ${buildiumId}`)];
  const made = table("Ours, and those of Buildium's that it may be", heads, rows);
  return h("div", { class: "beside", role: "region", "aria-label": `Candidates of ${choose.subject}`, tabindex: "0" }, made);
}

function valueBeside({ fields, differingFields }, name) {
  const text = valueText(fields[name]);
  return differingFields.includes(name) ? h("span", {}, h("mark", {}, text), h("span", { class: "hint" }, " differs")) : text;
}

function withoutFields(ids, choose) {
  if (!ids.length) return null;
  return h(
    "div",
    { class: "told" },
    h("p", { class: "hint" }, "Of these only the id is kept. Look at them in Buildium."),
    h("div", { class: "actions" }, ids.map(choose.one)),
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
