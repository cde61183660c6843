/** Entities with possible matches in Buildium. The operator chooses one of them, or none. */
import { read, write } from "./api.js";
import { buildiumPage } from "./buildium-pages.js";
import { copyableId } from "./copyable-id.js";
import { announce, askToConfirm, button, errorBox, focusOn, h, isolated, resultArea, table } from "./dom.js";
import { entityLink, waitForSync } from "./entity-client.js";
import { EMPTY_VALUE, formatNumber, formatValue, humanize, time } from "./format.js";
import { badge, syncAdvice } from "./labels.js";
import { pagedList } from "./paged-list.js";
import { decisionList } from "./review-decisions.js";

export const title = "Reviews";

/** Show the open reviews. */
export async function show(content, _query, signal) {
  const makeRow = (sync) => reviewRow(sync, signal);
  const query = { status: "needs_review" };
  const list = await pagedList({ path: "api/buildium/sync", query, items: "failedSyncs", makeRow, empty: "No open reviews.", signal });
  content.replaceChildren(
    h("p", {}, "Buildium may already have these entities. Link each one to the matching Buildium entity, or create a new one. Nothing is written to Buildium before that."),
    list,
    h("h2", {}, "Decisions"),
    await decisionList(signal),
  );
}

function reviewRow(sync, signal) {
  const link = entityLink(sync);
  const body = h("div", { class: "stack" }, h("p", { class: "hint" }, "Loading …"));
  fillReview(body, link, sync, signal);
  return h(
    "li",
    { class: "row" },
    h("div", { class: "rowhead" }, h("div", { class: "name" }, link, h("span", { class: "hint" }, humanize(sync.entityType)))),
    body,
  );
}

async function fillReview(body, link, sync, signal) {
  const { entityType, entityId } = sync;
  try {
    const { review } = await read("api/buildium/review", { entityType, entityId }, signal);
    link.textContent = review.name ?? link.textContent;
    showReview(body, link, sync, review, signal);
  } catch (error) {
    if (!signal.aborted) body.replaceChildren(errorBox(error.message));
  }
}

function showReview(body, link, sync, review, signal) {
  const buttons = decisionButtons(sync, link, body, signal);
  const detailed = review.candidates.filter(({ hasDetails }) => hasDetails);
  const otherIds = review.candidates.filter(({ hasDetails }) => !hasDetails).map(({ buildiumId }) => buildiumId);
  const comparison = h("div", { class: "stack" });
  const all = h("input", { type: "checkbox", onchange: () => fill() });
  const fill = () => comparison.replaceChildren(comparisonTable(review, detailed, buttons, all.checked));
  fill();
  body.replaceChildren(
    ...[
      h("p", { class: "reason" }, candidateSummary(sync, detailed.length > 0)),
      detailed.length ? h("label", { class: "check" }, all, "Show equal fields too") : null,
      comparison,
      candidatesWithoutDetails(otherIds, buttons),
    ].filter(Boolean),
  );
}

function candidateSummary({ candidates, updatedAt }, hasDetails) {
  const text = candidates.length === 1
    ? `Buildium ID ${candidates[0]} may be this entity or another local entity.`
    : `Buildium has ${formatNumber(candidates.length)} possible matches.`;
  return [text, hasDetails ? " Details as of " : " Found ", time(updatedAt), "."];
}

/** Return functions that make the buttons for the decision. */
function decisionButtons(sync, link, body, signal) {
  const subject = `${humanize(sync.entityType)} ${sync.entityId}`;
  const decide = (buildiumId, question, consequence, label) => async () => {
    if (await askToConfirm(question(link.textContent), consequence, label)) await saveDecision(sync, buildiumId, body, signal);
  };
  const linkTo = (id) => [
    button(
      `Link to ${id}`,
      decide(id, (name) => ["Link ", isolated(name), ` to Buildium ID ${id}?`], "The sync then merges the fields of both.", "Link"),
      { "aria-label": `Link to ${id} in Buildium: ${subject}`, "data-needs": "operate" },
    ),
    buildiumPage({ entityType: sync.entityType, buildiumId: id, localId: sync.entityId }, signal),
  ];
  const createNew = () =>
    button(
      "Create new",
      decide(null, (name) => ["Create ", isolated(name), " in Buildium?"], "If one of the candidates is the same entity, this creates a duplicate.", "Create"),
      { "aria-label": `Create new: ${subject}`, "data-needs": "operate" },
    );
  return { subject, linkTo, createNew };
}

/** Make the table of both sides: names, addresses, and the fields that differ or all, with the value that a link keeps. */
function comparisonTable(review, detailed, buttons, withEqualFields) {
  const names = [...new Set(detailed.flatMap(({ fields }) => fields.map(({ field }) => field)))];
  const valueOf = (candidate, name) => candidate.fields.find(({ field }) => field === name);
  const shown = names.filter((name) => withEqualFields || detailed.some((candidate) => valueOf(candidate, name)?.differs));
  const localValue = (name) => detailed.map((candidate) => valueOf(candidate, name)).find(Boolean)?.local;
  const rows = [
    ["ID", copyableId("", review.entityId, "Local ID"), ...detailed.map(({ buildiumId }) => copyableId("", buildiumId, "Buildium ID"))],
    ["Name", review.name ?? EMPTY_VALUE, ...detailed.map(({ name }) => name ?? EMPTY_VALUE)],
    ["Address", review.address ?? EMPTY_VALUE, ...detailed.map(({ address }) => address ?? EMPTY_VALUE)],
    ...shown.map((name) => [humanize(name), formatValue(localValue(name)), ...detailed.map((candidate) => candidateValue(valueOf(candidate, name)))]),
    ["Decision", buttons.createNew(), ...detailed.map(({ buildiumId }) => buttons.linkTo(buildiumId))],
  ];
  const heads = ["Field", "Local", ...detailed.map(({ buildiumId }) => `Buildium ${buildiumId}`)];
  const element = table("Local entity and Buildium candidates", heads, rows);
  return h("div", { class: "comparison", role: "region", "aria-label": `Candidates of ${buttons.subject}`, tabindex: "0" }, element);
}

/** Make the value of a candidate, with the side whose value a link keeps. */
function candidateValue(compared) {
  const text = formatValue(compared?.buildium);
  if (!compared?.differs) return text;
  return h("span", {}, h("mark", {}, text), h("span", { class: "hint" }, ` differs, ${compared.winner === "local" ? "local value wins" : "this value wins"}`));
}

function candidatesWithoutDetails(ids, buttons) {
  if (!ids.length) return null;
  return h(
    "div",
    { class: "stack" },
    h("p", { class: "hint" }, "Only the IDs of these candidates are stored. Check them in Buildium."),
    h("ul", { class: "changes" }, ids.map((id) => h("li", {}, h("div", { class: "actions" }, copyableId("Buildium ID", id), buttons.linkTo(id))))),
  );
}

async function saveDecision(sync, buildiumId, body, signal) {
  const { entityType, entityId } = sync;
  const review = [...body.children];
  body.replaceChildren(h("p", { class: "hint" }, "Saving the decision and syncing …"));
  const result = resultArea("stack");
  const error = await write("api/buildium/review", { entityType, entityId, buildiumId }, signal).then(() => null, (reason) => reason);
  if (error) result.append(errorBox(error.message), ...review);
  else await showOutcome(sync, result, signal);
  if (signal.aborted) return;
  body.replaceChildren(result);
  focusOn(result);
}

/** Show how the sync of a decision ends. The decision is saved: an error here is no reason to decide again. */
async function showOutcome(sync, result, signal) {
  try {
    const decided = await waitForSync(sync, signal);
    const { syncStatus, buildiumId: linkedId, errorMessage } = decided;
    const advice = syncStatus === "synced" ? "" : ` ${errorMessage ?? ""} ${syncAdvice(decided)}`;
    result.append(h("p", {}, badge(syncStatus), linkedId ? [" ", copyableId("Buildium ID", linkedId)] : null, advice));
    announce(`Decision saved. ${result.textContent}`);
  } catch (error) {
    if (!signal.aborted) result.append(errorBox(`The decision is saved. The status of its sync could not be read: ${error.message}`));
  }
}
