/** One entity: its sync, its fields on both sides, and its timeline. */
import { write } from "./api.js";
import { entityCalls } from "./calls.js";
import { adviceText, announce, button, card, descriptionList, errorBox, focusOn, h, isolated, resultArea, selectField, table } from "./dom.js";
import { buildiumPage } from "./buildium-pages.js";
import { copyableId } from "./copyable-id.js";
import { compare, readDrift, repairOne } from "./comparison.js";
import { confirmRepair, repairText } from "./drift-client.js";
import { displayName, entityTypes, LOCAL_FIELDS, normalizeField, readEntity, readSync, typeOptions, waitForSync } from "./entity-client.js";
import { readOnlyFields } from "./entity-schema.js";
import { erasureCard } from "./erasure.js";
import { editButton, isEditing } from "./fix.js";
import { EMPTY_VALUE, humanize, time } from "./format.js";
import { badge, notRetriedReason, statusLabel, syncAdvice } from "./labels.js";
import { fieldValue } from "./references.js";
import { conditionsKnown, refreshStatus } from "./status-banners.js";
import { timeline } from "./timeline.js";

export const title = "Entity";

const TIME_FIELDS = new Set(["createdat", "updatedat", "deletedat"]);

/** Show the entity in the query, or a search form. */
export async function show(content, query, signal) {
  const ref = { entityType: query.get("entityType"), entityId: query.get("entityId") };
  const form = await searchForm(ref, signal);
  if (!ref.entityType || !ref.entityId) {
    content.replaceChildren(form, h("p", { class: "hint" }, "Open an entity from another view, or enter its ID."));
    return;
  }
  content.replaceChildren(form, h("p", { class: "hint" }, "Loading …"));
  const [found] = await Promise.all([readSyncAndEntity(ref, signal), conditionsKnown()]);
  if (!found) {
    content.replaceChildren(form, errorBox(`No ${humanize(ref.entityType).toLowerCase()} with ID ${ref.entityId}. Check the type and the ID.`));
    return;
  }
  const [sync, entity] = found;
  const fields = h("div", { class: "stack spaced" });
  const refreshFields = async () => showFields(fields, ref, await readEntity(ref, signal), signal);
  const sections = [
    form,
    h("h2", { class: "subject" }, isolated(displayName(ref.entityType, entity, ref.entityId)), h("span", { class: "hint" }, humanize(ref.entityType))),
    ref.entityType === "lease" ? h("p", {}, h("a", { href: `#leases?${new URLSearchParams({ leaseId: ref.entityId })}` }, "Terms, balance, tenants and ledger")) : null,
    h("div", { class: "grid wide" }, syncCard(sync, ref, refreshFields, signal), card("Timeline", await timeline(ref, signal))),
    card("Fields", fields),
    card("Failed calls", await entityCalls(ref, signal)),
    await erasureCard(ref, displayName(ref.entityType, entity, ref.entityId), () => show(content, query, signal), signal),
  ];
  content.replaceChildren(...sections.filter(Boolean));
  await showFields(fields, ref, entity, signal);
}

/** Return the sync and the entity; null when there is no such entity. */
async function readSyncAndEntity(ref, signal) {
  try {
    return await Promise.all([readSync(ref, signal), readEntity(ref, signal)]);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

async function searchForm(ref, signal) {
  const type = selectField("Type", await typeOptions("Choose a type", signal), ref.entityType ?? "");
  const id = h("input", { type: "text", required: true, value: ref.entityId ?? "", autocomplete: "off", spellcheck: "false" });
  type.querySelector("select").required = true;
  const open = (event) => {
    event.preventDefault();
    location.hash = `entity?${new URLSearchParams({ entityType: type.querySelector("select").value, entityId: id.value.trim() })}`;
  };
  return h("form", { class: "filters", onsubmit: open }, type, h("label", { class: "field grow" }, h("span", {}, "ID"), id), h("button", { type: "submit" }, "Show"));
}

function syncCard(sync, ref, onSaved, signal) {
  const body = h("div", { class: "stack" });
  let current = sync;
  const showStatus = (latest) => {
    current = latest;
    if (!isEditing(body)) body.replaceChildren(...syncDetails(latest, signal));
  };
  const followSync = async () => {
    showStatus(await waitForSync(ref, signal, showStatus));
    announce(isEditing(body) ? `${statusLabel(current.syncStatus)}.` : body.textContent);
  };
  const showNotRetried = async () => {
    const [latest] = await Promise.all([readSync(ref, signal), refreshStatus()]);
    showStatus(latest);
    body.prepend(errorBox(`Not retried: ${notRetriedReason(latest)}`));
  };
  const retry = button("Retry", async () => {
    try {
      const { retried } = await write("api/buildium/sync", ref, signal);
      if (retried) await followSync();
      else await showNotRetried();
    } catch (error) {
      if (!signal.aborted) body.prepend(errorBox(error.message));
    }
  }, { "data-needs": "write" });
  const showSaved = async () => {
    await followSync();
    onSaved();
  };
  const edit = editButton("Edit", () => current, "the entity", body, { onSaved: showSaved, onCancel: () => showStatus(current) }, signal);
  showStatus(sync);
  return card("Sync", body, h("div", { class: "actions" }, sync.syncStatus === "deleted" ? null : edit, retry));
}

function syncDetails(sync, signal) {
  const isSynced = sync.syncStatus === "synced";
  return [
    h("p", {}, badge(sync.syncStatus)),
    isSynced ? null : h("p", { class: "reason" }, sync.errorMessage ?? ""),
    isSynced ? null : adviceText(syncAdvice(sync)),
    descriptionList([
      ["Buildium ID", sync.buildiumId ? [copyableId("", sync.buildiumId, "Buildium ID"), buildiumPage(sync, signal)] : "none yet"],
      ["Last synced", time(sync.lastSyncedAt)],
      ["Created", time(sync.createdAt, { full: true })],
      ["Local ID", copyableId("", sync.entityId, "Local ID")],
    ]),
  ].filter(Boolean);
}

async function showFields(content, ref, entity, signal) {
  const [known, readOnly, types] = await Promise.all([readDrift(ref, signal), readOnlyFields(ref.entityType, signal), entityTypes(signal)]);
  const drift = withoutOutdated(known, entity);
  const format = (name, value) => (TIME_FIELDS.has(normalizeField(name)) ? time(value, { full: true }) : fieldValue(name, value, types, signal));
  const { entry, notCompared } = drift;
  const result = resultArea();
  const again = async (action) => {
    result.replaceChildren(h("p", { class: "hint" }, "Reading Buildium …"));
    try {
      await action();
      await showFields(content, ref, await readEntity(ref, signal), signal);
      announce(content.querySelector("p").textContent);
      const next = content.querySelector("button");
      if (next) next.focus();
      else focusOn(content);
    } catch (error) {
      if (!signal.aborted) result.replaceChildren(errorBox(error.message));
    }
  };
  const check = drift.isComparable === false || drift.isDeleted ? null : button("Compare with Buildium", () => again(() => compare(ref, signal)), { "data-needs": "operate" });
  const repair = drift.isAlone && entry?.writes.length ? button("Repair this entity", () => repairAfterConfirmation({ ...ref, checkedAt: drift.startedAt }, entry, again, result, signal), { "data-needs": "operate" }) : null;
  content.replaceChildren(h("p", {}, driftText(drift)), fieldTable(entity, entry, notCompared, readOnly, format), h("div", { class: "actions" }, check, repair), result);
}

async function repairAfterConfirmation(comparison, entry, again, result, signal) {
  const question = ["Repair ", isolated(entry.name ?? "this entity"), "?"];
  const consequenceOf = (released) => `${repairText(entry)}${released ? "" : " No other entity is written."}`;
  if (!(await confirmRepair(comparison, question, consequenceOf, result, signal))) return;
  await again(async () => {
    const { errors } = await repairOne(comparison, signal);
    if (errors.length) throw new Error(errors[0].error);
    await waitForSync(comparison, signal);
    await compare(comparison, signal);
  });
}

/** Drop what was found before the entity last changed. A deleted entity is not compared. */
function withoutOutdated(drift, entity) {
  if (drift.isComparable === false) return drift;
  const changedAt = entity.updatedAt ?? entity.updated_at;
  if (entity.deletedAt ?? entity.deleted_at) return { entry: undefined, notCompared: [], isDeleted: true };
  return drift.entry !== undefined && changedAt > drift.startedAt ? { entry: undefined, notCompared: [], changedAt } : drift;
}

function driftText({ entry, comparedAt, changedAt, isAlone, isComparable, isDeleted }) {
  if (isComparable === false) return "Buildium has no list of all entities of this type, so they are not compared.";
  if (isDeleted) return "A deleted entity is not compared with Buildium: only local values are shown.";
  if (changedAt) return ["Not compared with Buildium since its last change ", time(changedAt), ": only local values are shown."];
  if (entry === undefined) return "Not compared with Buildium yet: only local values are shown.";
  const source = [isAlone ? "The comparison of this entity " : "The drift check ", time(comparedAt)];
  if (entry === null) return [...source, " found no difference."];
  const finding = entry.kind === "different" ? " found differences. " : " found no such entity in Buildium. ";
  return [...source, finding, entry.note ? [isolated(entry.note), " "] : "", repairText(entry)];
}

function fieldTable(entity, entry, notCompared, readOnly, format) {
  const label = (name) => [humanize(name), readOnly.has(name) ? h("span", { class: "hint" }, " set by Buildium") : null];
  const localCells = Object.entries(entity).map(([name, value]) => [name, label(name), format(name, value)]);
  if (entry === undefined) return table("Local fields", ["Field", "Local"], localCells.map(([, ...cells]) => cells));
  const differing = new Map((entry?.fields ?? []).map((each) => [normalizeField(each.field), each]));
  const hidden = new Set(notCompared.map(normalizeField));
  const isInBuildium = entry === null || entry.kind === "different";
  const remoteCell = (name) => {
    if (!isInBuildium || LOCAL_FIELDS.has(name)) return EMPTY_VALUE;
    const found = differing.get(normalizeField(name));
    if (found) return h("mark", {}, format(name, found.remote));
    return h("span", { class: "hint" }, hidden.has(normalizeField(name)) ? "not compared" : "same");
  };
  const rows = localCells.map(([name, ...cells]) => [...cells, remoteCell(name)]);
  const localNames = new Set(Object.keys(entity).map(normalizeField));
  const missing = [...differing].filter(([name]) => !localNames.has(name));
  for (const [, each] of missing) rows.push([humanize(each.field), format(each.field, each.local), h("mark", {}, format(each.field, each.remote))]);
  return table("Local and Buildium fields", ["Field", "Local", "Buildium"], rows);
}
