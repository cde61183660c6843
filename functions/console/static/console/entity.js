/** One entity: its sync, its fields on both sides, and what happened to it. */
import { read, write } from "./api.js";
import { compare, entryOf, progressBar, writesInWords } from "./drift-client.js";
import { announce, button, card, choice, confirmed, h, outcome, problem, table, terms, whatToDo } from "./dom.js";
import { entityOf, OUR_OWN, settled, typeChoices } from "./entity-client.js";
import { timeline } from "./timeline.js";
import { advice, badge, nameOf, plain, time, valueText, words } from "./labels.js";

export const title = "Entity";

const TIMES = new Set(["createdat", "updatedat", "deletedat"]);

/** Show the entity that the query names, or ask for one. */
export async function show(place, query, signal) {
  const ref = { entityType: query.get("entityType"), entityId: query.get("entityId") };
  const form = await search(ref, signal);
  if (!ref.entityType || !ref.entityId) {
    place.replaceChildren(form, h("p", { class: "hint" }, "Every name in the other views leads here. The id is the one that the API answered to the create."));
    return;
  }
  place.replaceChildren(form, h("p", { class: "hint" }, "Loading …"));
  const found = await both(ref, signal);
  if (!found) {
    place.replaceChildren(form, problem(`There is no ${words(ref.entityType).toLowerCase()} with the id ${ref.entityId}. Check both, then show it again.`));
    return;
  }
  const [{ syncStatus }, entity] = found;
  const fields = h("div", {});
  place.replaceChildren(
    form,
    h("h2", { class: "subject" }, nameOf(ref.entityType, entity, ref.entityId), h("span", { class: "hint" }, words(ref.entityType))),
    h("div", { class: "grid wide" }, syncCard(syncStatus, ref, signal), card("What happened", await timeline(ref, signal))),
    card("Both sides", fields),
  );
  await bothSides(fields, ref, entity, signal);
}

/** Read an entity and its sync; null where there is none. */
async function both(ref, signal) {
  try {
    return await Promise.all([read("api/buildium/sync", ref, signal), entityOf(ref, signal)]);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

async function search(ref, signal) {
  const type = choice("Type", await typeChoices("Choose a type", signal), ref.entityType ?? "");
  const id = h("input", { type: "text", required: true, value: ref.entityId ?? "", autocomplete: "off", spellcheck: "false" });
  type.querySelector("select").required = true;
  const go = (event) => {
    event.preventDefault();
    location.hash = `entity?${new URLSearchParams({ entityType: type.querySelector("select").value, entityId: id.value.trim() })}`;
  };
  return h("form", { class: "filters", onsubmit: go }, type, h("label", { class: "field grow" }, h("span", {}, "Id"), id), h("button", { type: "submit" }, "Show"));
}

function syncCard(sync, ref, signal) {
  const body = h("div", { class: "told" });
  const tell = (seen) => body.replaceChildren(...syncTold(seen));
  const again = button("Retry", async () => {
    try {
      await write("api/buildium/sync", ref, signal);
      tell(await settled(ref, signal, tell));
      announce(body.textContent);
    } catch (error) {
      if (!signal.aborted) body.prepend(problem(error.message));
    }
  });
  tell(sync);
  return card("Sync", body, h("div", { class: "actions" }, again));
}

function syncTold(sync) {
  const isFine = sync.syncStatus === "synced";
  return [
    h("p", {}, badge(sync.syncStatus)),
    isFine ? null : h("p", { class: "reason" }, sync.errorMessage ?? ""),
    isFine ? null : whatToDo(advice(sync.syncStatus, sync.errorMessage)),
    terms([
      ["Buildium id", sync.buildiumId ?? "none yet"],
      ["Last synced", time(sync.lastSyncedAt)],
      ["Written first", time(sync.createdAt, { full: true })],
      ["Our id", h("code", {}, sync.entityId)],
    ]),
  ].filter(Boolean);
}

async function bothSides(place, ref, entity, signal) {
  const entry = await entryOf(ref, signal);
  const result = outcome();
  const kind = words(ref.entityType).toLowerCase();
  const again = button(`Compare all of type ${kind} now`, () => compareAgain(place, ref, entity, result, kind, signal));
  place.replaceChildren(h("p", {}, said(entry)), fieldTable(entity, entry), h("div", { class: "actions" }, again), result);
}

async function compareAgain(place, ref, entity, result, kind, signal) {
  const consequence = "Every one of this type is read from Buildium, behind what waits to be synced. The last report is replaced.";
  if (!(await confirmed(`Compare all of type ${kind}?`, consequence, "Compare"))) return;
  const bar = progressBar("Comparing");
  result.replaceChildren(bar.element);
  try {
    await compare(ref.entityType, bar, signal);
    await bothSides(place, ref, entity, signal);
    announce(place.querySelector("p").textContent);
    place.querySelector("button").focus();
  } catch (error) {
    if (!signal.aborted) result.replaceChildren(problem(error.message));
  }
}

function said(entry) {
  if (entry === undefined) return "They were not compared yet: only ours is shown.";
  if (entry === null) return "Both sides were the same when they were last compared.";
  const told = entry.kind === "different" ? "They differed when they were last compared. " : "It was on our side only when they were last compared. ";
  return [told, entry.note ?? "", " A repair would write: ", writesInWords(entry), "."];
}

function fieldTable(entity, entry) {
  const differing = new Map((entry?.fields ?? []).map((each) => [plain(each.field), each]));
  const inBuildium = (name) => {
    const found = differing.get(plain(name));
    differing.delete(plain(name));
    if (found) return h("mark", {}, valueText(found.remote));
    return entry === null || entry.kind === "different" ? h("span", { class: "hint" }, "same") : "–";
  };
  const shown = (name, value) => (TIMES.has(plain(name)) ? time(value, { full: true }) : valueText(value));
  const ours = Object.entries(entity).map(([name, value]) => [name, words(name), shown(name, value)]);
  if (entry === undefined) return table("Fields on our side", ["Field", "Ours"], ours.map(([, ...cells]) => cells));
  const isShared = (name) => !OUR_OWN.has(name);
  const rows = ours.map(([name, ...cells]) => [...cells, isShared(name) ? inBuildium(name) : "–"]);
  for (const { field, local, remote } of differing.values()) rows.push([words(field), valueText(local), h("mark", {}, valueText(remote))]);
  return table("Fields on both sides", ["Field", "Ours", "Buildium"], rows);
}
