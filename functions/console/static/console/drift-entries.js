/** The entries of a drift report: what differs, what a repair would write, and their selection. */
import { read } from "./api.js";
import { buildiumPage } from "./buildium-pages.js";
import { copyableId, valueWithIds } from "./copyable-id.js";
import { button, errorBox, focusOn, h, table } from "./dom.js";
import { kindLabel, PATH, repairText } from "./drift-client.js";
import { entityLink } from "./entity-client.js";
import { formatValue, humanize } from "./format.js";

/** Read the next page of the report, with its entries of one kind, or with all. A page without entries is left out. */
export async function readReport({ shownType, shownKind }, cursor, signal) {
  const page = await read(PATH, { entityType: shownType, cursor }, signal);
  const items = page.items.filter(({ kind }) => !shownKind || kind === shownKind);
  if (!items.length && page.nextCursor) return readReport({ shownType, shownKind }, page.nextCursor, signal);
  return { ...page, items, shownType, shownKind };
}

/** Make the list of a report's entries. `onSelect` runs when the selection changes. */
export function entryList(page, onSelect, signal) {
  const rows = [];
  const list = h("ul", { class: "rows plain" });
  const footer = h("div", { class: "actions" });
  const append = ({ items, nextCursor }) => {
    const added = items.map((entry) => entryRow(entry, onSelect, signal));
    rows.push(...added);
    list.append(...added.map(({ element }) => element));
    footer.replaceChildren(...(nextCursor ? [moreButton(nextCursor)] : []));
    return added;
  };
  const moreButton = (cursor) =>
    button("Show more", async () => {
      try {
        const [first] = append(await readReport(page, cursor, signal));
        if (first) focusOn(first.element);
        onSelect();
      } catch (error) {
        if (!signal.aborted) footer.append(errorBox(error.message));
      }
    });
  append(page);
  const selectable = () => rows.filter(({ checkbox }) => checkbox);
  return {
    element: h("div", {}, list, footer),
    selectable,
    selected: () => selectable().filter(({ checkbox }) => checkbox.checked).map(({ entry }) => entry),
  };
}

/** Return how a repair request names an entry. */
export const entryReference = ({ entityType, entityId, buildiumId }) => (entityId ? { entityType, entityId } : { entityType, buildiumId });

/** Return the name of an entry, or its id. */
export const entryName = ({ name, entityType, entityId, buildiumId }) => name ?? `${humanize(entityType)} ${entityId ?? `Buildium ID ${buildiumId}`}`;

function entryRow(entry, onSelect, signal) {
  const name = entry.entityId ? entityLink(entry, entry.name) : h("strong", {}, entryName(entry));
  const checkbox = entry.writes.length ? h("input", { type: "checkbox", onchange: onSelect, "aria-label": `Select ${entryName(entry)}` }) : null;
  const element = h(
    "li",
    { class: "row" },
    h(
      "div",
      { class: "rowhead" },
      checkbox ? h("label", { class: "check" }, checkbox) : null,
      h("div", { class: "name" }, name, h("span", { class: "hint" }, `${humanize(entry.entityType)}, ${kindLabel(entry.kind)}`), entry.buildiumId ? h("span", { class: "hint" }, copyableId("Buildium ID", entry.buildiumId)) : null, entry.kind === "localOnly" ? null : buildiumPage(entry, signal)),
    ),
    fieldTable(entry),
    entry.notCompared?.length ? h("p", { class: "hint" }, `Not compared, because Buildium does not show it: ${entry.notCompared.map(humanize).join(", ")}.`) : null,
    entry.note ? h("p", { class: "reason" }, entry.note) : null,
    h("p", { class: "advice" }, repairText(entry)),
  );
  return { element, checkbox, entry };
}

/** Make the table of the fields with the old and the new value of each write. An entity on one side has all its values. */
function fieldTable(entry) {
  if (!entry.fields.length) return null;
  const rows = entry.fields.map(({ field, local, remote }) => [humanize(field), valueWithIds(field, local), valueWithIds(field, remote), change(entry, field, local, remote)]);
  return table("Different fields", ["Field", "Local", "Buildium", "Repair"], rows);
}

function change(entry, field, local, remote) {
  const write = entry.writes.find(({ action, fields }) => action === "create" || action === "delete" || fields.includes(field));
  if (write?.action === "delete") return h("span", { class: "hint" }, "kept, marked as deleted");
  if (!write) return h("span", { class: "hint" }, "not written");
  const [before, after, place] = write.target === "local" ? [local, remote, "locally"] : [remote, local, "in Buildium"];
  return h("span", {}, h("del", {}, formatValue(before)), " → ", h("ins", {}, formatValue(after)), h("span", { class: "hint" }, ` ${place}`));
}
