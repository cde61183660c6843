/** What Buildium has told us, and what became of it. */
import { write } from "./api.js";
import { announce, button, choice, h, problem, terms, whatToDo } from "./dom.js";
import { pagedList } from "./paged-list.js";
import { badge, stateName, time } from "./labels.js";

export const title = "Events";

const STATES = ["failed", "received", "published", "processed", "ignored"];

/** Show the events in one state. */
export async function show(place, query, signal) {
  const status = STATES.includes(query.get("status")) ? query.get("status") : "failed";
  const go = (value) => {
    location.hash = `events?status=${value}`;
  };
  const row = (event) => eventRow(event, signal);
  const empty = `There is no event in the state “${stateName(status)}”.`;
  const list = await pagedList({ path: "api/buildium/events", query: { status }, items: "items", row, empty, signal });
  place.replaceChildren(
    h("div", { class: "filters" }, choice("State", STATES.map((each) => [each, stateName(each)]), status, go)),
    list,
  );
}

function eventRow(event, signal) {
  const told = h("div", { class: "told" }, state(event));
  const about = event.entityId == null ? "" : `about Buildium ${event.entityId}`;
  const again = button("Process again", () => processAgain(event, told, signal), {
    "aria-label": `Process again: ${event.eventName} ${about}`,
  });
  return h(
    "li",
    { class: "row" },
    h("div", { class: "rowhead" }, h("div", { class: "name" }, h("strong", {}, event.eventName), h("span", { class: "hint" }, about)), again),
    told,
    h(
      "details",
      {},
      h("summary", {}, "What Buildium sent"),
      terms([
        ["Received", time(event.receivedAt, { full: true })],
        ["Event id", h("code", {}, event.eventId)],
        ["Id in the logs", h("code", {}, event.correlationId ?? "–")],
      ]),
      h("pre", { tabindex: "0", "aria-label": "Payload" }, JSON.stringify(event.payload, null, 2)),
    ),
  );
}

function state(event) {
  return [
    h("p", {}, badge(event.status), " ", h("span", { class: "hint" }, time(event.updatedAt ?? event.receivedAt))),
    event.error ? h("p", { class: "reason" }, event.error) : null,
    event.status === "failed" ? whatToDo("See to the reason, then process it again.") : null,
  ];
}

async function processAgain(event, told, signal) {
  try {
    const answer = await write(`api/buildium/events/${encodeURIComponent(event.eventId)}/retry`, {}, signal);
    told.replaceChildren(...state(answer.event).filter(Boolean), h("p", { class: "hint" }, "It is being processed again; load the list anew to see how it ended."));
    announce("It is being processed again.");
  } catch (error) {
    if (!signal.aborted) told.append(problem(error.message));
  }
}
