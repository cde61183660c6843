/** The decisions of reviews. A decision can be undone: the entity needs a review again. */
import { write } from "./api.js";
import { buildiumPage } from "./buildium-pages.js";
import { author, copyableId } from "./copyable-id.js";
import { announce, askToConfirm, button, errorBox, focusOn, h, isolated } from "./dom.js";
import { entityLink } from "./entity-client.js";
import { humanize, time } from "./format.js";
import { pagedList } from "./paged-list.js";

const CONSEQUENCE = "The entity is unlinked and needs a review again. What the sync has written since stays, on both sides.";

/** Make the list of the decisions, newest first. */
export function decisionList(signal) {
  const makeRow = (decision) => decisionRow(decision, signal);
  return pagedList({ path: "api/buildium/review/decisions", query: {}, items: "items", makeRow, empty: "No decisions in the last 90 days.", signal });
}

function decisionRow({ entityType, entityId, name, chosenId, buildiumId, decidedAt, decidedBy, operator, undoObstacle }, signal) {
  const subject = name ?? `${humanize(entityType)} ${entityId}`;
  const result = h("div", { class: "stack" });
  const undo = button("Undo", () => undoDecision({ entityType, entityId, decidedAt }, subject, result, undo, signal), { "aria-label": `Undo the decision about ${subject}`, "data-needs": "operate" });
  const id = chosenId ?? buildiumId;
  const chosen = [chosenId ? "Linked to " : "Created in Buildium", chosenId || !id ? "" : " with ", id ? copyableId("Buildium ID", id) : ""];
  return h(
    "li",
    { class: "row decision" },
    h("div", { class: "name" }, entityLink({ entityType, entityId }, name), h("span", { class: "hint" }, humanize(entityType)), buildiumPage({ entityType, entityId, buildiumId: id }, signal)),
    h("p", {}, chosen, ", ", time(decidedAt), author({ name: operator, apiKeyId: decidedBy }), "."),
    undoObstacle ? h("p", { class: "hint" }, `Cannot be undone: ${undoObstacle}`) : h("div", { class: "actions" }, undo),
    result,
  );
}

async function undoDecision(decision, subject, result, undo, signal) {
  if (!(await askToConfirm(["Undo the decision about ", isolated(subject), "?"], CONSEQUENCE, "Undo"))) return;
  try {
    await write("api/buildium/review/undo", decision, signal);
    undo.remove();
    result.replaceChildren(h("p", {}, "Undone. The entity needs a review again. Reload the view to decide."));
    announce(result.textContent);
    focusOn(result);
  } catch (error) {
    if (!signal.aborted) result.replaceChildren(errorBox(error.message));
  }
}
