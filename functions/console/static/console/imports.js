/** The last import: its progress by type, its errors, and the start of another one. */
import { forEachParallel, read, sleep, write } from "./api.js";
import { buildiumPage } from "./buildium-pages.js";
import { copyableId } from "./copyable-id.js";
import { adviceText, announce, askToConfirm, button, card, errorBox, h, resultArea, selectField, table } from "./dom.js";
import { entityLink, nameLink, pluralType, readAll } from "./entity-client.js";
import { formatNumber, humanize, pluralize, time } from "./format.js";
import { importProgress, importSummary } from "./import-progress.js";
import { badge, statusLabel } from "./labels.js";
import { readSchemas } from "./openapi-schemas.js";

export const title = "Import";

const PATH = "api/buildium/import";
const REFRESH_MS = 2000;

/** Show the last import, and follow it while it runs. */
export async function show(content, _query, signal) {
  const [{ import: job }, schemas] = await Promise.all([read(PATH, {}, signal), readSchemas(signal)]);
  const types = schemas.EntityTypeChoice.properties.entityType.enum;
  const view = { result: resultArea(), report: h("div", { class: "stack spaced" }), shown: null, loop: null, signal };
  content.replaceChildren(
    h("p", {}, "An import reads all entities from Buildium. It creates and updates local entities, and links those that match. It runs at low priority and can be repeated."),
    startForm(types, view),
    view.result,
    view.report,
  );
  follow(job, view);
}

function startForm(types, view) {
  const type = selectField("Type", [["", "All types"], ...types.map((each) => [each, humanize(each)])], "");
  return h("div", { class: "filters" }, type, button("Start import", () => startImport(type.querySelector("select").value, view), { "data-needs": "write" }));
}

async function startImport(entityType, view) {
  const subject = entityType ? `all ${pluralType(entityType)}` : "all types";
  const consequence = "A local entity with exactly one match is linked and synced. Several matches need a review. An import that is running continues instead.";
  if (!(await askToConfirm(`Import ${subject} from Buildium?`, consequence, "Import"))) return;
  try {
    const { import: job } = await write(PATH, entityType ? { entityType } : {}, view.signal);
    view.result.replaceChildren();
    announce("Import started.");
    follow(job, view);
  } catch (error) {
    if (!view.signal.aborted) view.result.replaceChildren(errorBox(error.message));
  }
}

/** Show an import until it has ended. A loop ends when the view has a newer one. */
async function follow(job, view) {
  const loop = {};
  view.loop = loop;
  for (let latest = job; view.loop === loop && !view.signal.aborted; latest = await readLatest(view)) {
    if (latest) showJob(latest, view);
    if (latest && importProgress(latest).status !== "running") {
      if (latest !== job) announce(`Import: ${statusLabel(importProgress(latest).status)}. ${importSummary(importProgress(latest))}`);
      return;
    }
    await sleep(REFRESH_MS, view.signal).catch(() => {});
  }
}

/** Read the import. After an error, show it above the old report and return null. */
async function readLatest(view) {
  try {
    return (await read(PATH, {}, view.signal)).import;
  } catch (error) {
    if (view.signal.aborted) return null;
    view.report.querySelector(".error")?.remove();
    view.report.prepend(errorBox(`${error.message} The data below may be out of date.`));
    view.shown = null;
    return null;
  }
}

/** Replace the report if something changed, so that a link keeps its focus. */
function showJob(job, view) {
  const text = JSON.stringify(job);
  if (view.shown === text) return;
  view.shown = text;
  view.report.replaceChildren(...sections(job, view));
}

function sections(job, view) {
  if (job.status === "not_started") return [h("p", { class: "empty" }, "No import yet.")];
  const progress = importProgress(job);
  return [
    progressCard(job, progress),
    card("By type", h("div", {}, typeTable(job.types, progress.status === "running" ? null : view))),
    job.errors.length ? errorsCard(job.errors, progress.failed, view.signal) : null,
  ].filter(Boolean);
}

function progressCard(job, progress) {
  const isRunning = progress.status === "running";
  return card(
    "Last import",
    h("p", {}, badge(progress.status), " ", importSummary(progress)),
    isRunning ? h("progress", { value: progress.ended, max: Math.max(progress.types, 1), "aria-label": "Finished types" }) : null,
    job.pausedReason ? h("p", { class: "reason" }, job.pausedReason) : null,
    job.pausedReason ? adviceText("Remove the cause. The import then continues automatically.") : null,
    progress.needsReview ? h("p", {}, h("a", { href: "#reviews" }, `${pluralize(progress.needsReview, "entity needs", "entities need")} a review`)) : null,
    h("p", { class: "hint" }, "Started ", time(job.startedAt, { full: true }), isRunning ? "." : [", finished ", time(job.finishedAt, { full: true }), "."]),
  );
}

/** Make the table of the types, with buttons that import one again if `view` is given. */
function typeTable(types, view) {
  const head = ["Type", "Status", "Imported or in review", "Failed", "Needs review", ...(view ? ["Action"] : [])];
  const rows = Object.entries(types).map(([type, counts]) => [
    humanize(type),
    badge(counts.state),
    counts.state === "waiting" ? "not read yet" : [`${formatNumber(counts.done)} of ${formatNumber(counts.total)}`, syncedLink(type, counts.done)],
    formatNumber(counts.failed),
    counts.needsReview ? h("a", { href: "#reviews" }, formatNumber(counts.needsReview)) : formatNumber(0),
    ...(view ? [button("Import again", () => startImport(type, view), { "aria-label": `Import again: ${humanize(type)}`, "data-needs": "write" })] : []),
  ]);
  return table("Import by type", head, rows);
}

/** Make the link to the list of all entities of a type that are synced, also those that other imports wrote. */
function syncedLink(entityType, count) {
  if (!count) return null;
  return [", ", h("a", { href: `#entities?${new URLSearchParams({ entityType, syncStatus: "synced" })}` }, `all synced ${pluralType(entityType)}`)];
}

function errorsCard(errors, failed, signal) {
  const rows = errors.map((each) => [each, h("span", {}, subjectOf(each))]);
  forEachParallel(rows, ([each, subject]) => linkSubject(each, subject, signal));
  const note = failed > errors.length ? `The newest ${errors.length} of ${formatNumber(failed)}. The log of the reconcile function has all.` : null;
  return card(
    "Errors",
    note ? h("p", { class: "hint" }, note) : null,
    h("ul", { class: "rows plain" }, rows.map(([each, subject]) => h("li", { class: "row stack" }, h("p", {}, subject, " ", buildiumPage(each, signal)), h("p", { class: "reason" }, each.error)))),
    adviceText("Fix the cause, then import the type again. What is done already is not written again."),
  );
}

const subjectOf = ({ entityType, buildiumId }) => (buildiumId === null ? [`All ${pluralType(entityType)}`] : [`${humanize(entityType)}, `, copyableId("Buildium ID", buildiumId)]);

/** Add a link to the local entity with the Buildium id. An entity that was never created has none. */
async function linkSubject({ entityType, buildiumId }, subject, signal) {
  if (buildiumId === null) return;
  try {
    const [entity] = await readAll(entityType, { buildiumId }, signal);
    if (!entity) return;
    const ref = { entityType, entityId: entity.id };
    const link = entityLink(ref);
    subject.append(": ", link);
    await nameLink(link, ref, signal);
  } catch {
    // Without the link, the row still has the id.
  }
}
