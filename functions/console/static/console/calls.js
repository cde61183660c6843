/** Failed calls to Buildium, with request and response. */
import { entityPath } from "./entity-client.js";
import { copyableId } from "./copyable-id.js";
import { h } from "./dom.js";
import { formatDuration, time } from "./format.js";
import { pagedList } from "./paged-list.js";

export const title = "Failed calls";

/** Show the failed calls of work without a local entity. */
export async function show(content, _query, signal) {
  const list = await callList("api/buildium/calls", signal);
  content.replaceChildren(h("p", {}, "Calls of polls, imports and other work without a local entity, in the last 14 days. The page of an entity shows the calls for it."), list);
}

/** Make the list of the failed calls for an entity. */
export function entityCalls(ref, signal) {
  return callList(`${entityPath(ref)}/calls`, signal);
}

function callList(path, signal) {
  return pagedList({ path, query: {}, items: "items", makeRow: callRow, empty: "No failed calls in the last 14 days.", signal });
}

function callRow(call) {
  const outcome = call.status ? `HTTP ${call.status}` : "no response";
  const bodies = [["Query", call.query], ["Request", call.requestBody], ["Response", call.responseBody]].filter(([, body]) => body);
  return h(
    "li",
    { class: "row" },
    h("p", {}, h("code", {}, `${call.method} ${call.path}`), ` ${outcome}`, h("span", { class: "hint" }, ` after ${formatDuration(call.durationMs / 1000)}`)),
    h("p", { class: "hint" }, time(call.at, { full: true }), call.requestId ? [", ", copyableId("Buildium request ID", call.requestId)] : null),
    h("p", { class: "reason" }, call.error),
    bodies.length ? h("details", {}, h("summary", {}, "Request and response"), bodies.map(([label, body]) => [h("h3", {}, label), h("pre", {}, indented(body))])) : null,
  );
}

/** Return JSON with one value per line, and any other text as it is. */
function indented(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
