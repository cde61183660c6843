/** Compares one entity with its Buildium entity, and repairs it alone. */
import { pathOf, pollUntil, read, write } from "./api.js";
import { pollJob, PATH, readEntry } from "./drift-client.js";

const comparisonPath = ({ entityType, entityId }) => `${PATH}/${pathOf(entityType, entityId)}`;

/**
 * Return what is known about the drift of an entity: `entry` is null without a difference, undefined if it was never
 * compared. The last drift check of its type is read if it is newer than the last comparison of the entity alone (`isAlone`). What
 * changed after `startedAt` may not be compared. An entity of a type that Buildium does not list cannot be compared.
 */
export async function readDrift(ref, signal) {
  const body = await read(comparisonPath(ref), {}, signal).catch(withoutList);
  if (!body) return { entry: undefined, notCompared: [], isComparable: false };
  const { comparison } = body;
  const { drift } = await read(PATH, {}, signal);
  const isChecked = drift.types[ref.entityType]?.state === "done";
  const isNewest = comparison.status === "done" && !(isChecked && drift.finishedAt > comparison.finishedAt);
  return isNewest ? found(comparison) : readEntry(ref, signal);
}

function withoutList(error) {
  if (error.status === 422) return null;
  throw error;
}

/** Compare an entity now. Throws an error with the reason if Buildium cannot be read. */
export async function compare(ref, signal) {
  await write(comparisonPath(ref), {}, signal);
  const { comparison } = await pollUntil(comparisonPath(ref), {}, (body) => body.comparison.status !== "running", signal);
  if (comparison.status !== "done") throw new Error(comparison.error ?? "The comparison takes long. Try again in a moment.");
  return found(comparison);
}

/** Repair what the comparison that started at `checkedAt` found. Resolves when the repair has ended, with its progress. */
export async function repairOne({ entityType, entityId, checkedAt }, signal) {
  await write(`${PATH}/repair`, { dryRun: false, entityType, entityId, checkedAt }, signal);
  return (await pollJob("repair", () => {}, signal)).repair;
}

const found = ({ entry, startedAt, finishedAt, notCompared }) => ({
  entry,
  notCompared: entry?.notCompared ?? notCompared,
  startedAt,
  comparedAt: finishedAt,
  isAlone: true,
});
