/** What an import has done so far, in words and numbers. */
import { pluralize } from "./format.js";

const ENDED = new Set(["done", "failed"]);

/** Return the sums over all types. `status` is `running` until every type ended. */
export function importProgress({ status, types }) {
  const all = Object.values(types);
  const sum = (name) => all.reduce((total, type) => total + type[name], 0);
  const ended = all.filter(({ state }) => ENDED.has(state)).length;
  const hasFailed = sum("failed") > 0 || all.some(({ state }) => state === "failed");
  return {
    status: shownStatus(status, ended === all.length, hasFailed),
    ended,
    types: all.length,
    done: sum("done"),
    failed: sum("failed"),
    needsReview: sum("needsReview"),
  };
}

function shownStatus(status, isEnded, hasFailed) {
  if (status === "not_started") return status;
  if (status === "running" || !isEnded) return "running";
  return hasFailed ? "done_with_errors" : status;
}

/** Return the sentence with the types and entities that are done. A total is known only for types that were read. */
export function importSummary(progress) {
  return `${progress.ended} of ${pluralize(progress.types, "type")} finished, ${pluralize(progress.done, "entity", "entities")} imported or in review.`;
}
