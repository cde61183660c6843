/** Entities with possible matches in Buildium. The operator chooses one of them, or none. */
import { write } from "./api.js";
import { announce, askToConfirm, button, errorBox, focusOn, h, resultArea, table } from "./dom.js";
import { entityLink, LOCAL_FIELDS, nameLink, normalizeField, readEntity, waitForSync } from "./entity-client.js";
import { formatNumber, formatValue, humanize, time } from "./format.js";
import { badge, syncAdvice } from "./labels.js";
import { pagedList } from "./paged-list.js";

export const title = "Reviews";

const MAX_FIELDS_WITHOUT_DETAILS = 12;

/** Show the open reviews. */
export async function show(content, _query, signal) {
  const makeRow = (sync) => reviewRow(sync, signal);
  const query = { status: "needs_review" };
  const list = await pagedList({ path: "api/buildium/sync", query, items: "failedSyncs", makeRow, empty: "No open reviews.", signal });
  content.replaceChildren(
    h("p", {}, "Buildium may already have these entities. Link each one to the matching Buildium entity, or create a new one. Nothing is written to Buildium before that."),
    list,
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
  let entity = {};
  let error = null;
  try {
    entity = await readEntity(sync, signal);
    await nameLink(link, sync, signal);
  } catch (caught) {
    if (signal.aborted) return;
    error = errorBox(caught.message);
  }
  const buttons = decisionButtons(sync, link, body, signal);
  const details = sync.candidateDetails;
  const idsWithDetails = new Set(details.map(({ buildiumId }) => buildiumId));
  const otherIds = sync.candidates.filter((id) => !idsWithDetails.has(id));
  body.replaceChildren(
    ...[error, h("p", { class: "reason" }, candidateSummary(sync, details.length > 0)), comparisonTable(entity, details, buttons), candidatesWithoutDetails(otherIds, buttons)].filter(Boolean),
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
  const linkTo = (id) =>
    button(
      `Link to ${id}`,
      decide(id, (name) => `Link ${name} to Buildium ID ${id}?`, "The sync then merges the fields of both.", "Link"),
      { "aria-label": `Link to ${id} in Buildium: ${subject}`, "data-needs": "operate" },
    );
  const createNew = () =>
    button(
      "Create new",
      decide(null, (name) => `Create ${name} in Buildium?`, "If one of the candidates is the same entity, this creates a duplicate.", "Create"),
      { "aria-label": `Create new: ${subject}`, "data-needs": "operate" },
    );
  return { subject, linkTo, createNew };
}

/** Make the table of the local entity and the candidates with stored details; without any, of the local entity alone. */
function comparisonTable(entity, details, buttons) {
  const localValues = new Map(Object.entries(entity).map(([name, value]) => [normalizeField(name), value]));
  const fields = comparedFields(entity, details);
  const rows = fields.map((field) => [humanize(field), formatValue(localValues.get(normalizeField(field))), ...details.map((candidate) => candidateValue(candidate, field))]);
  rows.push(["Decision", buttons.createNew(), ...details.map(({ buildiumId }) => buttons.linkTo(buildiumId))]);
  const heads = ["Field", "Local", ...details.map(({ buildiumId }) => `Buildium ${buildiumId}`)];
  const element = table("Local entity and Buildium candidates", heads, rows);
  return h("div", { class: "comparison", role: "region", "aria-label": `Candidates of ${buttons.subject}`, tabindex: "0" }, element);
}

/** Return the fields of the details in the order of the entity's fields; without details, its first simple fields. */
function comparedFields(entity, details) {
  const stored = new Set(details.flatMap(({ fields, differingFields }) => [...Object.keys(fields), ...differingFields]));
  if (stored.size) {
    const order = Object.keys(entity).map(normalizeField);
    return [...stored].sort((one, other) => order.indexOf(normalizeField(one)) - order.indexOf(normalizeField(other)));
  }
  const simple = Object.entries(entity).filter(([name, value]) => !LOCAL_FIELDS.has(name) && value !== null && typeof value !== "object");
  return simple.slice(0, MAX_FIELDS_WITHOUT_DETAILS).map(([name]) => name);
}

function candidateValue({ fields, differingFields }, field) {
  const text = formatValue(fields[field]);
  return differingFields.includes(field) ? h("span", {}, h("mark", {}, text), h("span", { class: "hint" }, " differs")) : text;
}

function candidatesWithoutDetails(ids, buttons) {
  if (!ids.length) return null;
  return h(
    "div",
    { class: "stack" },
    h("p", { class: "hint" }, "Only the IDs of these candidates are stored. Check them in Buildium."),
    h("div", { class: "actions" }, ids.map(buttons.linkTo)),
  );
}

async function saveDecision(sync, buildiumId, body, signal) {
  const { entityType, entityId } = sync;
  body.replaceChildren(h("p", { class: "hint" }, "Saving the decision and syncing …"));
  const result = resultArea("stack");
  try {
    await write("api/buildium/review", { entityType, entityId, buildiumId }, signal);
    const { syncStatus, buildiumId: linkedId, errorCode, errorMessage } = await waitForSync(sync, signal);
    const id = linkedId ? ` Buildium ID ${linkedId}.` : "";
    const advice = syncStatus === "synced" ? "" : ` ${errorMessage ?? ""} ${syncAdvice(syncStatus, errorCode)}`;
    result.append(h("p", {}, badge(syncStatus), id, advice));
    announce(`Decision saved. ${result.textContent}`);
  } catch (error) {
    if (signal.aborted) return;
    result.append(errorBox(error.message));
  }
  body.replaceChildren(result);
  focusOn(result);
}
