/** The tenants of a lease as a table. */
import { card, h, table } from "./dom.js";
import { entityLink } from "./entity-client.js";
import { EMPTY_VALUE, formatValue } from "./format.js";
import { badge } from "./labels.js";

/** Make the card with the tenants. `currentIds` are the local IDs of those who live there now. */
export function tenantsCard(tenants, currentIds) {
  if (!tenants.length) return card("Tenants", h("p", { class: "hint" }, "No tenants on this lease yet."));
  const current = new Set(currentIds);
  const row = (tenant) => [
    nameLink(tenant),
    current.has(tenant.id) ? "yes" : "no",
    formatValue(tenant.email),
    formatValue(tenant.primaryPhone),
    badge(tenant.buildiumSync.status),
  ];
  return card("Tenants", table("Tenants of the lease", ["Name", "Current", "E-mail", "Phone", "Sync"], tenants.map(row)));
}

function nameLink(tenant) {
  const link = entityLink({ entityType: "tenant", entityId: tenant.id });
  link.textContent = [tenant.firstName, tenant.lastName].filter(Boolean).join(" ") || EMPTY_VALUE;
  return link;
}
