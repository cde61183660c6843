/** A list that the API returns in pages. */
import { read } from "./api.js";
import { button, errorBox, h } from "./dom.js";

const PAGE_SIZE = 20;

/** Make a list of the `items` at a path, with a row from `makeRow` for each. Resolves when the first page is shown. */
export async function pagedList({ path, query, items, makeRow, empty, signal }) {
  const list = h("ul", { class: "rows" });
  const footer = h("div", { class: "actions" });
  const element = h("div", {}, list, footer);
  const load = async (cursor) => {
    const page = await read(path, { limit: PAGE_SIZE, ...query, cursor }, signal);
    const rows = page[items].map(makeRow);
    list.append(...rows);
    footer.replaceChildren(...(page.nextCursor ? [moreButton(page.nextCursor)] : []));
    if (!list.children.length && !page.nextCursor) element.replaceChildren(h("p", { class: "empty" }, empty));
    return rows;
  };
  const moreButton = (cursor) =>
    button("Show more", async () => {
      try {
        firstFocusable(await load(cursor))?.focus();
      } catch (error) {
        if (!signal.aborted) footer.append(errorBox(error.message));
      }
    });
  await load();
  return element;
}

const firstFocusable = (rows) => rows[0]?.querySelector("a, button, input, summary");
