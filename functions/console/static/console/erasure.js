/** Erases the personal data of an entity, and shows the state of the erasure. */
import { pollUntil, read, write } from "./api.js";
import { announce, askToConfirm, button, card, errorBox, h, isolated, resultArea } from "./dom.js";
import { entityPath } from "./entity-client.js";
import { humanize, time } from "./format.js";

const ENDED = new Set(["not_started", "done", "failed"]);

/** Make the card of an entity's erasure. `onErased` is called when an erasure has ended that ran while it was shown. */
export async function erasureCard({ entityType, entityId }, name, onErased, signal) {
  const path = `${entityPath({ entityType, entityId })}/erasure`;
  const state = h("div", { class: "stack" });
  const result = resultArea();
  const showError = (error) => {
    if (!signal.aborted) result.replaceChildren(errorBox(error.message));
  };
  const erase = button("Erase personal data …", async () => {
    if (!(await askToConfirm(["Erase the personal data of ", isolated(name), "?"], consequence(entityType, entityId), "Erase"))) return;
    await write(path, undefined, signal).then(follow).catch(showError);
  }, { "data-needs": "operate" });
  const showState = ({ erasure }) => {
    const canStart = ENDED.has(erasure.status) && erasure.status !== "done";
    state.replaceChildren(h("p", {}, stateText(erasure)), ...(canStart ? [h("div", { class: "actions" }, erase)] : []));
  };
  const follow = async () => {
    let body;
    do {
      body = await pollUntil(path, {}, ({ erasure }) => ENDED.has(erasure.status), signal, showState);
    } while (!ENDED.has(body.erasure.status));
    announce(state.textContent);
    if (body.erasure.status === "done") await onErased();
  };
  const current = await read(path, {}, signal);
  showState(current);
  if (!ENDED.has(current.erasure.status)) follow().catch(showError);
  return card("Personal data", state, result);
}

function consequence(entityType, entityId) {
  const subject = `${humanize(entityType).toLowerCase()} ${entityId}`;
  return `The fields, history, timeline and failed calls of ${subject} are erased. This cannot be undone. Buildium is not changed: delete the person there first.`;
}

function stateText({ status, requestedAt, finishedAt, by, error }) {
  const requester = by ? ` by ${by}` : "";
  return {
    not_started: ["Not erased."],
    queued: ["Erasure requested ", time(requestedAt), requester, ". It starts when no sync of the entity runs."],
    running: ["Erasure requested ", time(requestedAt), requester, ". It takes at least two minutes."],
    done: ["Erased ", time(finishedAt), `, requested${requester}. The entity stays deleted.`],
    failed: ["The erasure failed: ", error],
  }[status];
}
