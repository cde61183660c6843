/** Comparing both sides, reading what was found, and repairing it. */
import { read, write } from "./api.js";
import { compare, followed, kindName, PATH, progressBar, whileItRuns, writesInWords } from "./drift-client.js";
import { announce, button, card, choice, confirmed, focusOn, h, problem, table } from "./dom.js";
import { entityLink, typeChoices } from "./entity-client.js";
import { badge, counted, number, time, valueText, words } from "./labels.js";

export const title = "Compare";

/** Show the last comparison, and what can be done about it. */
export async function show(place, _query, signal) {
  const report = await read(PATH, {}, signal);
  const choose = choice("Type", await typeChoices("All types", signal), "");
  const result = h("div", { class: "told spaced" });
  const begin = button("Compare now", () => run("Comparing", result, signal, (bar) => compare(choose.querySelector("select").value, bar, signal)));
  place.replaceChildren(
    h("p", {}, "Reads everything from Buildium and tells where the two sides are not the same. It waits for what people write, and changes nothing."),
    h("div", { class: "filters" }, choose, begin),
    result,
  );
  if (report.drift.status === "running") await run("Comparing", result, signal, (bar) => followed(bar, signal));
  else if (report.repair.status === "running") await run("Repairing", result, signal, (bar) => repaired(bar, signal));
  else result.replaceChildren(...told(report, result, signal));
}

async function run(label, result, signal, job) {
  const bar = progressBar(label);
  result.replaceChildren(bar.element);
  announce(`${label}.`);
  try {
    const report = await job(bar);
    result.replaceChildren(...told(report, result, signal));
    announce(result.querySelector("p").textContent);
    if (document.activeElement === document.body) focusOn(result);
  } catch (error) {
    if (!signal.aborted) result.replaceChildren(problem(error.message));
  }
}

function told(report, result, signal) {
  const { drift, repair } = report;
  if (drift.status === "not_started") return [h("p", { class: "empty" }, "No comparison was made yet.")];
  const types = Object.entries(drift.types);
  const sum = (name) => types.reduce((total, [, each]) => total + each[name], 0);
  const found = sum("localOnly") + sum("remoteOnly") + sum("different");
  return [
    h("p", {}, badge(drift.status), ` ${found ? `${counted(found, "entity", "entities")} not the same` : "Both sides are the same"}, compared `, time(drift.finishedAt ?? drift.startedAt), "."),
    repair.status === "not_started" ? null : repairCard(repair),
    card("By type", summary(types)),
    found ? card("What was found", entries(report, {}, signal)) : null,
    found ? repairing(sum("repairable"), result, signal) : null,
  ].filter(Boolean);
}

function summary(types) {
  const rows = types.map(([type, each]) => [
    words(type),
    each.error ? [badge(each.state), " ", each.error] : badge(each.state),
    number(each.local),
    number(each.remote),
    number(each.localOnly),
    number(each.remoteOnly),
    number(each.different),
  ]);
  return table("The comparison by type", ["Type", "State", "Ours", "Buildium's", "Only ours", "Only Buildium's", "Different"], rows);
}

function entries(page, { writesOnly = false }, signal) {
  const list = h("ul", { class: "rows plain" }, page.items.map((entry) => entryRow(entry, writesOnly)));
  const foot = h("div", { class: "actions" });
  const next = (cursor) =>
    button("Show more", async () => {
      try {
        const following = writesOnly ? await write(`${PATH}/repair`, { cursor }, signal) : await read(PATH, { cursor }, signal);
        list.append(...following.items.map((entry) => entryRow(entry, writesOnly)));
        foot.replaceChildren(...(following.nextCursor ? [next(following.nextCursor)] : []));
      } catch (error) {
        if (!signal.aborted) foot.append(problem(error.message));
      }
    });
  if (page.nextCursor) foot.append(next(page.nextCursor));
  return h("div", {}, list, foot);
}

function entryRow(entry, writesOnly) {
  const inBuildium = entry.buildiumId ? `Buildium ${entry.buildiumId}` : "";
  return h(
    "li",
    { class: "row" },
    h("div", { class: "name" }, entry.entityId ? entityLink(entry) : h("strong", {}, inBuildium), h("span", { class: "hint" }, `${words(entry.entityType)}, ${kindName(entry.kind).toLowerCase()}`)),
    entry.fields.length && !writesOnly
      ? table("Fields that differ", ["Field", "Ours", "Buildium"], entry.fields.map(({ field, local, remote }) => [words(field), valueText(local), valueText(remote)]))
      : null,
    entry.note ? h("p", { class: "reason" }, entry.note) : null,
    h("p", { class: "advice" }, h("strong", {}, "A repair would write: "), writesInWords(entry)),
  );
}

function repairing(repairable, result, signal) {
  const place = h("div", {});
  const list = button("List what a repair would write", async () => {
    try {
      const planned = await write(`${PATH}/repair`, {}, signal);
      place.replaceChildren(...plan(planned, result, signal));
      announce(place.querySelector("p").textContent);
    } catch (error) {
      if (!signal.aborted) place.replaceChildren(problem(error.message));
    }
  });
  return card("Repair", h("p", {}, `${counted(repairable, "entity", "entities")} can be repaired. Nothing is written before you have seen the list and said so.`), h("div", { class: "actions" }, list), place);
}

function plan(planned, result, signal) {
  const told = h("p", {}, `A repair would write to ${counted(planned.planned, "entity", "entities")}:`);
  if (!planned.planned) return [h("p", {}, "A repair would write nothing.")];
  const begin = button("Repair all of these", async () => {
    const question = `Repair ${counted(planned.planned, "entity", "entities")}?`;
    if (!(await confirmed(question, "The writes that are listed are made, on our side and in Buildium.", "Repair"))) return;
    await run("Repairing", result, signal, async (bar) => {
      await write(`${PATH}/repair`, { dryRun: false }, signal);
      return repaired(bar, signal);
    });
  }, { class: "primary" });
  return [told, entries(planned, { writesOnly: true }, signal), h("div", { class: "actions" }, begin)];
}

function repaired(bar, signal) {
  return whileItRuns("repair", ({ done, failed, planned }) => bar.tell(done + failed, planned, `${done + failed} of ${planned} repaired`), signal);
}

function repairCard(repair) {
  const errors = repair.errors.map(({ entityType, entityId, buildiumId, error }) => h("li", {}, `${words(entityType)} ${entityId ?? `Buildium ${buildiumId}`}: ${error}`));
  return card(
    "Last repair",
    h("p", {}, badge(repair.status), ` ${number(repair.done)} of ${number(repair.planned)} done, ${number(repair.failed)} failed, `, time(repair.finishedAt ?? repair.startedAt), ". Compare again to see how both sides are now."),
    errors.length ? h("ul", { class: "faults" }, errors) : null,
  );
}
