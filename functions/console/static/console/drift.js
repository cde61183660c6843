/** The last drift check: what it found, and the repair. */
import { read, write } from "./api.js";
import { announce, askToConfirm, button, card, errorBox, focusOn, h, selectField, table } from "./dom.js";
import { followDriftCheck, kindLabel, PATH, pollJob, progressBar, repairText, startDriftCheck } from "./drift-client.js";
import { entityLink, typeOptions } from "./entity-client.js";
import { formatNumber, formatValue, humanize, pluralize, time } from "./format.js";
import { badge } from "./labels.js";

export const title = "Drift";

const CHECKING = "Checking for drift";
const REPAIRING = "Repairing";

/** Show the last drift check, or the job that runs. */
export async function show(content, _query, signal) {
  const report = await read(PATH, {}, signal);
  const type = selectField("Type", await typeOptions("All types", signal), "");
  const result = h("div", { class: "stack spaced" });
  const check = button("Check for drift", () => runJob(CHECKING, result, signal, (bar) => startDriftCheck(type.querySelector("select").value, bar, signal)));
  content.replaceChildren(
    h("p", {}, "A drift check reads all entities from Buildium and lists the differences. It runs at low priority and changes nothing."),
    h("div", { class: "filters" }, type, check),
    result,
  );
  if (report.drift.status === "running") await runJob(CHECKING, result, signal, (bar) => followDriftCheck(bar, signal));
  else if (report.repair.status === "running") await runJob(REPAIRING, result, signal, (bar) => followRepair(bar, signal));
  else result.replaceChildren(...reportSections(report, result, signal));
}

/** Show the progress of a job, then the report that it returns. */
async function runJob(label, result, signal, job) {
  const bar = progressBar(label);
  result.replaceChildren(bar.element);
  announce(`${label}.`);
  try {
    const report = await job(bar);
    result.replaceChildren(...reportSections(report, result, signal));
    announce(result.querySelector("p").textContent);
    if (document.activeElement === document.body) focusOn(result);
  } catch (error) {
    if (!signal.aborted) result.replaceChildren(errorBox(error.message));
  }
}

function reportSections(report, result, signal) {
  const { drift, repair } = report;
  if (drift.status === "not_started") return [h("p", { class: "empty" }, "No drift check yet.")];
  const types = Object.entries(drift.types);
  const sum = (name) => types.reduce((total, [, counts]) => total + counts[name], 0);
  const found = sum("localOnly") + sum("remoteOnly") + sum("different");
  const finding = found ? `${pluralize(found, "entity", "entities")} with drift` : "No drift found";
  return [
    h("p", {}, badge(drift.status), ` ${finding}, checked `, time(drift.finishedAt ?? drift.startedAt), "."),
    repair.status === "not_started" ? null : lastRepairCard(repair),
    card("By type", typeTable(types)),
    found ? card("Differences", entryList(report, {}, signal)) : null,
    found ? repairCard(sum("repairable"), result, signal) : null,
  ].filter(Boolean);
}

function typeTable(types) {
  const rows = types.map(([type, counts]) => [
    humanize(type),
    counts.error ? [badge(counts.state), " ", counts.error] : badge(counts.state),
    formatNumber(counts.local),
    formatNumber(counts.remote),
    formatNumber(counts.localOnly),
    formatNumber(counts.remoteOnly),
    formatNumber(counts.different),
  ]);
  return table("Drift by type", ["Type", "Status", "Local", "Buildium", "Local only", "Buildium only", "Different"], rows);
}

function entryList(page, { isPlan = false }, signal) {
  const list = h("ul", { class: "rows plain" }, page.items.map((entry) => entryRow(entry, isPlan)));
  const footer = h("div", { class: "actions" });
  const moreButton = (cursor) =>
    button("Show more", async () => {
      try {
        const nextPage = isPlan ? await write(`${PATH}/repair`, { cursor }, signal) : await read(PATH, { cursor }, signal);
        list.append(...nextPage.items.map((entry) => entryRow(entry, isPlan)));
        footer.replaceChildren(...(nextPage.nextCursor ? [moreButton(nextPage.nextCursor)] : []));
      } catch (error) {
        if (!signal.aborted) footer.append(errorBox(error.message));
      }
    });
  if (page.nextCursor) footer.append(moreButton(page.nextCursor));
  return h("div", {}, list, footer);
}

function entryRow(entry, isPlan) {
  const name = entry.entityId ? entityLink(entry) : h("strong", {}, entry.buildiumId ? `Buildium ID ${entry.buildiumId}` : "");
  return h(
    "li",
    { class: "row" },
    h("div", { class: "name" }, name, h("span", { class: "hint" }, `${humanize(entry.entityType)}, ${kindLabel(entry.kind)}`)),
    entry.fields.length && !isPlan
      ? table("Different fields", ["Field", "Local", "Buildium"], entry.fields.map(({ field, local, remote }) => [humanize(field), formatValue(local), formatValue(remote)]))
      : null,
    entry.notCompared?.length ? h("p", { class: "hint" }, `Not compared, because Buildium does not show it: ${entry.notCompared.map(humanize).join(", ")}.`) : null,
    entry.note ? h("p", { class: "reason" }, entry.note) : null,
    h("p", { class: "advice" }, repairText(entry)),
  );
}

function repairCard(repairable, result, signal) {
  const plan = h("div", { class: "stack spaced" });
  const preview = button("Preview repair", async () => {
    try {
      const planned = await write(`${PATH}/repair`, {}, signal);
      plan.replaceChildren(...planSections(planned, result, signal));
      announce(plan.querySelector("p").textContent);
    } catch (error) {
      if (!signal.aborted) plan.replaceChildren(errorBox(error.message));
    }
  });
  return card("Repair", h("p", {}, `${pluralize(repairable, "entity", "entities")} can be repaired. The preview writes nothing.`), h("div", { class: "actions" }, preview), plan);
}

function planSections(planned, result, signal) {
  if (!planned.planned) return [h("p", {}, "A repair would write nothing.")];
  const entities = pluralize(planned.planned, "entity", "entities");
  const repairAll = button("Repair all", async () => {
    if (!(await askToConfirm(`Repair ${entities}?`, "Makes all listed writes, locally and in Buildium.", "Repair"))) return;
    await runJob(REPAIRING, result, signal, async (bar) => {
      await write(`${PATH}/repair`, { dryRun: false }, signal);
      return followRepair(bar, signal);
    });
  }, { class: "primary" });
  return [h("p", {}, `A repair would write to ${entities}:`), entryList(planned, { isPlan: true }, signal), h("div", { class: "actions" }, repairAll)];
}

function followRepair(bar, signal) {
  return pollJob("repair", ({ done, failed, planned }) => bar.update(done + failed, planned, `${done + failed} of ${planned} repaired`), signal);
}

function lastRepairCard(repair) {
  const errors = repair.errors.map(({ entityType, entityId, buildiumId, error }) => h("li", {}, `${humanize(entityType)} ${entityId ?? `Buildium ID ${buildiumId}`}: ${error}`));
  return card(
    "Last repair",
    h("p", {}, badge(repair.status), ` ${formatNumber(repair.done)} of ${formatNumber(repair.planned)} done, ${formatNumber(repair.failed)} failed, `, time(repair.finishedAt ?? repair.startedAt), ". Check for drift again to see the current state."),
    errors.length ? h("ul", { class: "field-errors" }, errors) : null,
  );
}
