/** Entities of all types that a text finds. The box is in the header of every view. */
import { read } from "./api.js";
import { buildiumPage } from "./buildium-pages.js";
import { copyableId } from "./copyable-id.js";
import { announce, h } from "./dom.js";
import { entityLink } from "./entity-client.js";
import { humanize, pluralize } from "./format.js";
import { badge } from "./labels.js";

export const title = "Search";

const form = document.getElementById("search");
const input = form.querySelector("input");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  location.hash = `search?${new URLSearchParams({ q: input.value.trim() })}`;
});

/** Show what the text in the query finds. */
export async function show(content, query, signal) {
  const text = query.get("q") ?? "";
  input.value = text;
  if (!text) {
    content.replaceChildren(h("p", { class: "hint" }, "Enter an ID, or the beginning of a name, e-mail address or street."));
    return;
  }
  const { items, hasMore } = await read("api/search", { q: text }, signal);
  const summary = items.length
    ? `${hasMore ? "More than " : ""}${pluralize(items.length, "entity", "entities")} found for “${text}”.${hasMore ? " Enter more characters." : ""}`
    : `Nothing found for “${text}”. A new entity is found by its name after a few seconds.`;
  content.replaceChildren(h("p", {}, summary), h("ul", { class: "rows" }, items.map((item) => resultRow(item, signal))));
  announce(summary);
}

function resultRow(item, signal) {
  return h(
    "li",
    { class: "row" },
    h("div", { class: "rowhead" }, h("div", { class: "name" }, entityLink(item, item.name), h("span", { class: "hint" }, humanize(item.entityType))), badge(item.syncStatus)),
    item.address ? h("p", {}, item.address) : null,
    h(
      "p",
      { class: "hint ids" },
      copyableId("Local ID", item.entityId),
      item.buildiumId ? copyableId("Buildium ID", item.buildiumId) : "not in Buildium yet",
      item.externalId ? copyableId("External ID", item.externalId) : null,
      buildiumPage(item, signal),
    ),
  );
}
