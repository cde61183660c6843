/** Dead letters of failed syncs that were fixed since. No list shows them, but they keep the alarm on. */
import { read, write } from "./api.js";
import { announce, button, card, errorBox, h } from "./dom.js";
import { pluralize } from "./format.js";

/** Make a card that removes leftover dead letters; null when there are none. Only for use while no sync is failed. */
export async function leftoverDeadLetters(signal) {
  const { deadLetters } = (await read("api/buildium/overview", {}, signal)).overview;
  if (!deadLetters.sync) return null;
  const text = h("p", {}, `${pluralize(deadLetters.sync, "dead letter")} of syncs that no longer fail. They keep the alarm on.`);
  const remove = button("Remove leftover dead letters", async () => {
    try {
      await write("api/buildium/sync", {}, signal);
      remove.remove();
      text.textContent = "Removed up to 100 dead letters of finished syncs. Reload the page to see whether any are left.";
      announce(text.textContent);
    } catch (error) {
      if (!signal.aborted) text.replaceWith(errorBox(error.message));
    }
  }, { "data-needs": "write" });
  return card("Leftover dead letters", text, h("div", { class: "actions" }, remove));
}
