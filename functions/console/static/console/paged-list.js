/** A list that the API gives in pages. */
import { read } from "./api.js";
import { button, h, problem } from "./dom.js";

/** Make a list of `items` of a path, each as `row` makes it; it resolves when the first page is there. */
export async function pagedList({ path, query, items, row, empty, signal }) {
  const list = h("ul", { class: "rows" });
  const foot = h("div", { class: "actions" });
  const place = h("div", {}, list, foot);
  const more = async (cursor) => {
    const page = await read(path, { limit: 20, ...query, cursor }, signal);
    const rows = page[items].map(row);
    list.append(...rows);
    foot.replaceChildren(...(page.nextCursor ? [next(page.nextCursor)] : []));
    if (!list.children.length && !page.nextCursor) place.replaceChildren(h("p", { class: "empty" }, empty));
    return rows;
  };
  const next = (cursor) =>
    button("Show more", async () => {
      try {
        focusable(await more(cursor))?.focus();
      } catch (error) {
        if (signal.aborted) return;
        foot.append(problem(error.message));
      }
    });
  await more();
  return place;
}

const focusable = (rows) => rows[0]?.querySelector("a, button, input, summary");
