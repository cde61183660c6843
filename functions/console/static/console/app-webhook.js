/** The deliveries of change events to the application, the state of its receiver, and a test event. */
import { read, write } from "./api.js";
import { copyableId } from "./copyable-id.js";
import { adviceText, announce, button, card, descriptionList, errorBox, h, resultArea } from "./dom.js";
import { entityLink } from "./entity-client.js";
import { time } from "./format.js";
import { badge } from "./labels.js";
import { pagedList } from "./paged-list.js";

export const title = "App webhook";

const PATH = "api/webhooks/deliveries";
const EMPTY = "No deliveries. APP_WEBHOOK_URL sets the address that receives change events.";

/** Show the receiver and the deliveries, newest first. */
export async function show(content, _query, signal) {
  const { receiver } = await read(PATH, { limit: 1 }, signal);
  const list = await pagedList({ path: PATH, query: {}, items: "items", makeRow: deliveryRow, empty: EMPTY, signal });
  content.replaceChildren(receiverCard(receiver, signal), list);
}

function receiverCard(receiver, signal) {
  const result = resultArea();
  return card(
    "Receiver",
    h("p", {}, badge(receiver.status), " ", receiver.failingSince ? h("span", { class: "hint" }, "first failure ", time(receiver.failingSince)) : null),
    receiver.error ? h("p", { class: "reason" }, receiver.error) : null,
    receiver.status === "paused" ? adviceText("Repair the receiver, then send a test event. A success resumes deliveries. Events wait for up to 13 days.") : null,
    h("div", { class: "actions" }, button("Send test event", () => sendTestEvent(result, signal), { "data-needs": "operate" })),
    result,
  );
}

async function sendTestEvent(result, signal) {
  try {
    const { delivery } = await write("api/webhooks/test", {}, signal);
    const text = delivery.delivered ? `The receiver returned ${delivery.receiverStatus}.` : `Not delivered: ${delivery.error}.`;
    result.replaceChildren(delivery.delivered ? h("p", {}, text) : errorBox(text));
    announce(text);
  } catch (error) {
    if (!signal.aborted) result.replaceChildren(errorBox(error.message));
  }
}

function deliveryRow(delivery) {
  const { entityType, entityId } = delivery;
  const subject = entityId === null ? [] : [["Entity", entityLink({ entityType, entityId }), " ", copyableId("", entityId, "Local ID")]];
  return h(
    "li",
    { class: "row" },
    h("div", { class: "rowhead" }, h("div", { class: "name" }, h("strong", {}, delivery.type)), badge(delivery.status)),
    delivery.error ? h("p", { class: "reason" }, delivery.error) : null,
    descriptionList([
      ...subject,
      ["Changed", time(delivery.at, { full: true })],
      ["Last attempt", time(delivery.attemptedAt, { full: true })],
      ["Attempts", String(delivery.attempts)],
      ["Event ID", copyableId("", delivery.id, "Event ID")],
    ]),
  );
}
