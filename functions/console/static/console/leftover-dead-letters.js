/** Dead letters of failed syncs that were fixed since. No list shows them, but they keep the alarm on. */
import { read, write } from "./api.js";
import { announce, button, card, errorBox, h, resultArea } from "./dom.js";
import { pluralize } from "./format.js";

const PATH = "api/buildium/sync";

/** Make a card that removes leftover dead letters; null when there are none. Only for use while no sync is failed. */
export async function leftoverDeadLetters(signal) {
  const { deadLetters } = (await read("api/buildium/overview", {}, signal)).overview;
  if (!deadLetters.sync) return null;
  const text = h("p", {}, `${pluralize(deadLetters.sync, "dead letter")} of syncs that no longer fail. They keep the alarm on.`);
  const problem = resultArea();
  const remove = button("Remove leftover dead letters", async () => {
    problem.replaceChildren();
    try {
      await rejectFailedSyncs(signal);
      await write(PATH, {}, signal);
      remove.remove();
      text.textContent = "Removed up to 100 dead letters of finished syncs. Reload the page to see whether any are left.";
      announce(text.textContent);
    } catch (error) {
      if (!signal.aborted) problem.replaceChildren(errorBox(error.message));
    }
  }, { "data-needs": "write" });
  return card("Leftover dead letters", text, problem, h("div", { class: "actions" }, remove));
}

/** The removal retries failed syncs too: throw an error if there are any by now. */
async function rejectFailedSyncs(signal) {
  const { failedSyncs } = await read(PATH, { status: "failed", limit: 1 }, signal);
  if (failedSyncs.length) throw new Error("Nothing was removed, because a sync has failed by now. Reload the page and retry that sync first.");
}
