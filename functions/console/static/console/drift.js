/** The last drift check: what it found, and the repair. */
import { write } from "./api.js";
import { copyableId } from "./copyable-id.js";
import { announce, button, card, errorBox, focusOn, h, isolated, resultArea, selectField, table } from "./dom.js";
import { confirmRepair, followDriftCheck, kindLabel, PATH, pollJob, progressBar } from "./drift-client.js";
import { entryList, entryName, entryReference, readReport } from "./drift-entries.js";
import { countOfType, entityLink, pluralType, typeOptions } from "./entity-client.js";
import { formatNumber, humanize, pluralize, time } from "./format.js";
import { badge } from "./labels.js";

export const title = "Drift";

const CHECKING = "Checking for drift";
const REPAIRING = "Repairing";
const DIRECTIONS = { inbound: "Write all locally", outbound: "Write all in Buildium" };
const KINDS = { localOnly: "Local only", remoteOnly: "Buildium only", different: "Different" };
const MAX_NAMED = 10;
// The API accepts as many in one repair.
const MAX_SELECTED = 500;

/** Show the last drift check, of all types or the one in the query, or the job that runs. */
export async function show(content, query, signal) {
  const report = await readReport({ shownType: query.get("entityType"), shownKind: query.get("kind") }, null, signal);
  const type = selectField("Type", await typeOptions("All types", signal), "");
  const result = h("div", { class: "stack spaced" });
  const problem = resultArea();
  const startCheck = () => {
    const entityType = type.querySelector("select").value;
    return startJob({ label: CHECKING, path: PATH, body: entityType ? { entityType } : {}, follow: followDriftCheck }, problem, result, signal);
  };
  const check = button("Check for drift", startCheck, { "data-needs": "operate" });
  content.replaceChildren(
    h("p", {}, "A drift check reads all entities from Buildium and lists the differences. It runs at low priority and changes nothing."),
    h("div", { class: "filters" }, type, check),
    problem,
    result,
  );
  if (report.drift.status === "running") await runJob(CHECKING, result, signal, (bar) => followDriftCheck(bar, signal));
  else if (report.repair.status === "running") await runJob(REPAIRING, result, signal, (bar) => followRepair(bar, signal));
  else result.replaceChildren(...reportSections(report, result, signal));
}

/** Start a job and show its progress. One that cannot be started leaves the report, and `problem` shows the reason. */
async function startJob({ label, path, body, follow }, problem, result, signal) {
  problem.replaceChildren();
  try {
    await write(path, body, signal);
  } catch (error) {
    if (!signal.aborted) problem.replaceChildren(errorBox(error.message));
    return;
  }
  await runJob(label, result, signal, (bar) => follow(bar, signal));
}

/** Show the progress of a job, then the report that it returns. */
async function runJob(label, result, signal, job) {
  const bar = progressBar(label);
  result.replaceChildren(bar.element);
  announce(`${label}.`);
  try {
    const report = await job(bar);
    result.replaceChildren(...reportSections(report, result, signal));
    const outcome = label === REPAIRING ? result.querySelector("section p") : null;
    announce((outcome ?? result.querySelector("p")).textContent);
    if (document.activeElement === document.body) focusOn(result);
  } catch (error) {
    if (!signal.aborted) result.replaceChildren(errorBox(error.message));
  }
}

function reportSections(report, result, signal) {
  const { drift, repair } = report;
  if (drift.status === "not_started") return [h("p", { class: "empty" }, "No drift check yet.")];
  const types = Object.entries(drift.types);
  const found = types.reduce((total, [, { localOnly, remoteOnly, different }]) => total + localOnly + remoteOnly + different, 0);
  const failed = types.filter(([, { state }]) => state === "failed").length;
  const status = drift.status === "done" && failed ? "done_with_errors" : drift.status;
  return [
    h("p", {}, badge(status), ` ${findingText(found, failed, types.length)}, checked `, time(drift.finishedAt ?? drift.startedAt), "."),
    repair.status === "not_started" ? null : lastRepairCard(repair),
    card("By type", typeTable(types)),
    found ? differencesCard(report, result, signal) : null,
  ].filter(Boolean);
}

/** Return what a drift check found. Nothing is known of the types that could not be checked. */
function findingText(found, failed, types) {
  const finding = found ? `${pluralize(found, "entity", "entities")} with drift` : "No drift found";
  if (!failed) return finding;
  const unchecked = `${pluralize(failed, "type")} could not be checked`;
  if (found) return `${finding}, ${unchecked}`;
  return failed === types ? unchecked : `${unchecked}, no drift found in the others`;
}

function typeTable(types) {
  const rows = types.map(([type, counts]) => [
    humanize(type),
    counts.error ? [badge(counts.state), " ", counts.error] : badge(counts.state),
    formatNumber(counts.local),
    formatNumber(counts.remote),
    ...Object.entries(KINDS).map(([kind, label]) => differenceCount(type, kind, counts[kind], label)),
  ]);
  return table("Drift by type", ["Type", "Status", "Local", "Buildium", ...Object.values(KINDS)], rows);
}

/** Make a count of differences, with a link to those of the type and kind. */
function differenceCount(entityType, kind, count, label) {
  if (!count) return formatNumber(count);
  const attributes = { href: `#drift?${new URLSearchParams({ entityType, kind })}`, "aria-label": `${formatNumber(count)} ${pluralType(entityType)}: ${label}` };
  return h("a", attributes, formatNumber(count));
}

/** Make the card of the differences, with the selection that a repair writes. */
function differencesCard(report, result, signal) {
  const { drift } = report;
  const list = entryList(report, () => update(), signal);
  const repairSelected = button("Repair selected", () => repair(selectionOf(list.selected())), { class: "primary", disabled: true, "data-needs": "operate" });
  const selectAll = h("input", { type: "checkbox" });
  const problem = resultArea();
  const update = () => {
    const count = list.selected().length;
    repairSelected.disabled = count === 0 || count > MAX_SELECTED;
    repairSelected.textContent = count ? `Repair selected (${count})` : "Repair selected";
    selectAll.checked = count > 0 && count === list.selectable().length;
  };
  const repair = async ({ body, question, consequence }) => {
    const request = { checkedAt: drift.startedAt, ...body };
    problem.replaceChildren();
    if (!(await confirmRepair(request, question, () => consequence, problem, signal))) return;
    await startJob({ label: REPAIRING, path: `${PATH}/repair`, body: { dryRun: false, ...request }, follow: followRepair }, problem, result, signal);
  };
  selectAll.addEventListener("change", () => {
    for (const { checkbox } of list.selectable()) checkbox.checked = selectAll.checked;
    update();
  });
  const byDirection = report.shownType ? null : Object.keys(DIRECTIONS).map((direction) => directionButton(direction, drift, repair));
  const toolbar = h("div", { class: "actions" }, h("label", { class: "check" }, selectAll, "Select all shown"), repairSelected, byDirection);
  const ofKind = report.shownKind ? `, ${kindLabel(report.shownKind)}` : "";
  const scope = report.shownType ? h("p", {}, `Only ${pluralType(report.shownType)}${ofKind}. `, h("a", { href: "#drift" }, "Show all types")) : null;
  return card("Differences", scope, h("p", { class: "hint" }, "A repair writes only what you select. Blocked syncs that wait for it then run too."), list.selectable().length || report.nextCursor ? toolbar : null, problem, list.element);
}

function selectionOf(entries) {
  const shown = entries.slice(0, MAX_NAMED).flatMap((entry, at) => [at ? ", " : "", isolated(entryName(entry))]);
  const more = entries.length > MAX_NAMED ? ` and ${formatNumber(entries.length - MAX_NAMED)} more` : "";
  const count = (target) => entries.filter(({ writes }) => writes.some((each) => each.target === target)).length;
  return {
    body: { entities: entries.map(entryReference) },
    question: `Repair ${pluralize(entries.length, "entity", "entities")}?`,
    consequence: [...shown, `${more}. Writes ${formatNumber(count("local"))} locally and ${formatNumber(count("remote"))} in Buildium.`],
  };
}

/** Make the button that repairs all entities whose writes go in one direction; null without any. */
function directionButton(direction, drift, repair) {
  const counts = Object.entries(drift.types).map(([type, each]) => [type, each[direction] ?? 0]).filter(([, count]) => count);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  if (!total) return null;
  const named = counts.map(([type, count]) => countOfType(count, type)).join(", ");
  return button(`${DIRECTIONS[direction]} (${formatNumber(total)})`, () =>
    repair({
      body: { direction },
      question: `${DIRECTIONS[direction]}: ${pluralize(total, "entity", "entities")}?`,
      consequence: `Writes all of the report, also those that are not shown yet: ${named}. Nothing is written ${direction === "inbound" ? "in Buildium" : "locally"}.`,
    }),
    { "data-needs": "operate" },
  );
}

function followRepair(bar, signal) {
  return pollJob("repair", ({ done, failed, needsReview, planned }) => {
    const processed = done + failed + needsReview;
    bar.update(processed, planned, `${formatNumber(processed)} of ${formatNumber(planned)} processed, ${formatNumber(failed)} failed`);
  }, signal);
}

function lastRepairCard(repair) {
  const errors = repair.errors.map(({ entityType, entityId, buildiumId, error }) =>
    h("li", {}, entityId ? entityLink({ entityType, entityId }) : [`${humanize(entityType)} `, copyableId("Buildium ID", buildiumId)], `: ${error}`),
  );
  const { planned, done, queued, failed, needsReview } = repair;
  const status = repair.status === "done" && failed ? "done_with_errors" : repair.status;
  const outcome = `${formatNumber(done - queued)} of ${pluralize(planned, "entity", "entities")} done, ${formatNumber(queued)} queued, ${formatNumber(failed)} failed`;
  return card(
    "Last repair",
    h("p", {}, badge(status), ` ${outcome}, `, time(repair.finishedAt ?? repair.startedAt), ". Check for drift again to see the current state."),
    queued ? h("p", {}, "The queued syncs write in Buildium: ", h("a", { href: "#syncs?status=pending" }, "Pending syncs")) : null,
    needsReview ? h("p", {}, h("a", { href: "#reviews" }, `${pluralize(needsReview, "entity needs", "entities need")} a review`)) : null,
    errors.length ? h("ul", { class: "field-errors" }, errors) : null,
  );
}
