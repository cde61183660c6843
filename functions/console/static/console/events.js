/** Webhook events from Buildium with one status, and processing them again. */
import { pathOf, write } from "./api.js";
import { copyableId, copyButton } from "./copyable-id.js";
import { adviceText, announce, button, descriptionList, errorBox, h, selectField } from "./dom.js";
import { EMPTY_VALUE, time } from "./format.js";
import { badge, statusLabel } from "./labels.js";
import { pagedList } from "./paged-list.js";

export const title = "Events";

const STATUSES = ["failed", "received", "published", "processed", "ignored"];

/** Show the events with one status. */
export async function show(content, query, signal) {
  const status = STATUSES.includes(query.get("status")) ? query.get("status") : "failed";
  const open = (value) => {
    location.hash = `events?status=${value}`;
  };
  const makeRow = (event) => eventRow(event, signal);
  const empty = `No events with status “${statusLabel(status)}”.`;
  const list = await pagedList({ path: "api/buildium/events", query: { status }, items: "items", makeRow, empty, signal });
  content.replaceChildren(
    h("div", { class: "filters" }, selectField("Status", STATUSES.map((each) => [each, statusLabel(each)]), status, open)),
    list,
  );
}

function eventRow(event, signal) {
  const body = h("div", { class: "stack" }, eventDetails(event));
  const id = event.entityId;
  const subject = id == null ? "" : `Buildium ID ${id}`;
  const link = id == null ? null : h("a", { class: "hint", href: `#search?${new URLSearchParams({ q: id })}` }, subject);
  const processAgain = button("Process again", () => retryEvent(event, body, signal), {
    "aria-label": `Process again: ${event.eventName} ${subject}`,
    "data-needs": "operate",
  });
  return h(
    "li",
    { class: "row" },
    h("div", { class: "rowhead" }, h("div", { class: "name" }, h("strong", {}, event.eventName), link, id == null ? null : copyButton("Buildium ID", id)), processAgain),
    body,
    h(
      "details",
      {},
      h("summary", {}, "Payload"),
      descriptionList([
        ["Received", time(event.receivedAt, { full: true })],
        ["Event ID", copyableId("", event.eventId, "Event ID")],
        ["Correlation ID", event.correlationId ? copyableId("", event.correlationId, "Correlation ID") : EMPTY_VALUE],
      ]),
      h("pre", { tabindex: "0", "aria-label": "Payload" }, JSON.stringify(event.payload, null, 2)),
    ),
  );
}

function eventDetails(event) {
  return [
    h("p", {}, badge(event.status), " ", h("span", { class: "hint" }, time(event.updatedAt ?? event.receivedAt))),
    event.error ? h("p", { class: "reason" }, event.error) : null,
    event.status === "failed" ? adviceText("Fix the cause, then process the event again.") : null,
  ];
}

async function retryEvent(event, body, signal) {
  try {
    const response = await write(`api/buildium/events/${pathOf(event.eventId)}/retry`, {}, signal);
    body.replaceChildren(...eventDetails(response.event).filter(Boolean), h("p", { class: "hint" }, "Processing again. Reload the page to see the result."));
    announce("Processing again.");
  } catch (error) {
    if (!signal.aborted) body.append(errorBox(error.message));
  }
}
