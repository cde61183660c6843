/** Dead letters of syncs that were corrected since: nothing lists them, and they keep their alarm on. */
import { read, write } from "./api.js";
import { announce, button, card, h, problem } from "./dom.js";
import { counted } from "./labels.js";

/** Make a note of those that are left while nothing is failed, with what removes them; null when there are none. */
export async function lettersLeft(signal) {
  const { deadLetters } = (await read("api/buildium/overview", {}, signal)).overview;
  if (!deadLetters.sync) return null;
  const told = h("p", {}, `${counted(deadLetters.sync, "dead letter")} left of syncs that failed and were corrected since. The alarm stays on meanwhile.`);
  const clear = button("Remove what is left", async () => {
    try {
      await write("api/buildium/sync", {}, signal);
      clear.remove();
      told.textContent = "Removed for the syncs that are done by now, a hundred at a time.";
      announce(told.textContent);
    } catch (error) {
      if (!signal.aborted) told.replaceWith(problem(error.message));
    }
  });
  return card("Left over", told, h("div", { class: "actions" }, clear));
}
