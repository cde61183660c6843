/** Lists from which the value of a field with a Buildium ID is chosen. */
import { read } from "./api.js";

const LISTS = {
  glAccountId: "gl-accounts",
  offsettingGlAccountId: "gl-accounts",
  bankAccountId: "bank-accounts",
  operatingBankAccountId: "bank-accounts",
  propertyManagerId: "users",
  assignedToUserId: "users",
  "vendor.categoryId": "vendor-categories",
  "task.categoryId": "task-categories",
  "work-order.categoryId": "task-categories",
};

/** Return the name of a field's list; undefined if it has none. */
export const listName = (entityType, field) => LISTS[`${entityType}.${field}`] ?? LISTS[field];

/** Read some lists. Returns a map from the name to `[{id, name}]`, without those that cannot be read. */
export async function readLists(names, signal) {
  const lists = new Map();
  const load = async (name) => {
    try {
      lists.set(name, (await read(`api/reference/${name}`, {}, signal)).items);
    } catch (error) {
      // The field then takes an ID as text.
      if (signal.aborted) throw error;
    }
  };
  await Promise.all([...new Set(names)].map(load));
  return lists;
}
