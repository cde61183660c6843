/** Pauses and resumes the sync, and shows who did it, when and why. */
import { read, write } from "./api.js";
import { copyableId } from "./copyable-id.js";
import { announce, askToConfirm, button, card, errorBox, h, resultArea, selectField, table } from "./dom.js";
import { pluralType } from "./entity-client.js";
import { humanize, time } from "./format.js";
import { refreshStatus } from "./status-banners.js";

export const title = "Control";

const PATH = "api/buildium/control";
const DIRECTIONS = [["outbound", "Outbound: to Buildium"], ["inbound", "Inbound: from Buildium"], ["", "Both directions"]];
const ALL_TYPES = "all types";

/** Show the view. */
export async function show(content, _query, signal) {
  const [{ control }, { overview }] = await Promise.all([read(PATH, {}, signal), read("api/buildium/overview", {}, signal)]);
  const result = resultArea();
  const change = async (action, body) => {
    try {
      await write(`api/buildium/${action}`, body, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      result.replaceChildren(errorBox(error.message));
      return;
    }
    announce(action === "pause" ? "Paused." : "Resumed.");
    await Promise.all([refreshStatus(), show(content, _query, signal)]);
  };
  content.replaceChildren(result, pausesCard(control.pauses, change), pauseForm(Object.keys(overview.entities), change), historyCard(control.changes));
}

function pausesCard(pauses, change) {
  if (!pauses.length) return card("Paused now", h("p", {}, "Nothing is paused."));
  const rows = pauses.map((pause) => [
    scope(pause),
    pause.since ? time(pause.since) : "the start",
    authorOf(pause),
    pause.reason,
    isPartOfAll(pause, pauses) ? h("span", { class: "hint" }, "Ends with the pause of all types") : button("Resume", () => resume(pause, pauses, change), { "data-needs": "operate" }),
  ]);
  return card("Paused now", table("Paused directions", ["What", "Since", "By", "Reason", "Action"], rows));
}

/** Show the author: the name of an operator, or the id of an API key. */
const authorOf = ({ by }) => (by ? copyableId("", by, "Author") : "–");
const typesText = (entityType) => (entityType ? pluralType(entityType) : ALL_TYPES);
const scope = ({ direction, entityType }) => `${humanize(direction)}, ${typesText(entityType)}`;

const isPartOfAll = (pause, pauses) => pause.entityType !== null && pauses.some(({ direction, entityType }) => direction === pause.direction && entityType === null);

async function resume({ direction, entityType }, pauses, change) {
  const named = `the ${direction} sync of ${typesText(entityType)}`;
  const consequence = direction === "outbound" ? "Within three minutes, everything that waited begins to be sent to Buildium." : "Within three minutes, everything that waited begins to be applied.";
  // A resume of all types also ends the pauses of single types.
  const others = entityType ? [] : pauses.filter((pause) => pause.direction === direction && pause.entityType);
  const also = others.length ? ` It also ends the pause of ${others.map((pause) => `${typesText(pause.entityType)} (${pause.reason})`).join(", ")}.` : "";
  if (!(await askToConfirm(`Resume ${named}?`, consequence + also, "Resume"))) return;
  await change("resume", { direction, ...(entityType ? { entityType } : {}) });
}

function pauseForm(types, change) {
  const direction = selectField("Direction", DIRECTIONS, "outbound");
  const type = selectField("Entity type", [["", "All types"], ...types.map((name) => [name, humanize(name)])], "");
  const reason = h("input", { type: "text", required: true, maxlength: "300", autocomplete: "off" });
  const chosen = (field) => field.querySelector("select").value;
  const submit = async (event) => {
    event.preventDefault();
    const [directionName, entityType] = [chosen(direction), chosen(type)];
    const question = `Pause the ${directionName || "outbound and inbound"} sync of ${typesText(entityType)}?`;
    const consequence = "Within 10 seconds nothing new starts. Attempts in flight finish, and what waits is not lost.";
    if (!(await askToConfirm(question, consequence, "Pause"))) return;
    await change("pause", {
      reason: reason.value.trim(),
      ...(directionName ? { direction: directionName } : {}),
      ...(entityType ? { entityType } : {}),
    });
  };
  const element = card(
    "Pause",
    h(
      "form",
      { class: "filters", onsubmit: submit },
      direction,
      type,
      h("label", { class: "field grow" }, h("span", {}, "Reason"), reason),
      h("button", { type: "submit", class: "primary", "data-needs": "operate" }, "Pause …"),
    ),
  );
  element.dataset.needs = "operate";
  return element;
}

function historyCard(changes) {
  if (!changes.length) return card("History", h("p", {}, "Nothing was paused yet."));
  const rows = changes.map((change) => [
    time(change.at),
    humanize(change.action),
    scope(change),
    authorOf(change),
    change.reason ?? "–",
  ]);
  return card("History", table("Last pauses and resumes", ["Time", "Action", "What", "By", "Reason"], rows));
}
