/* Meta's limits: on or off, the messaging limit, and how much of each is used. */

import { ask, element, toast } from "./dom.js";
import { check, field, select } from "./forms.js";

const TIERS = [
  ["TIER_250", "250 people a day"],
  ["TIER_2K", "2,000 people a day"],
  ["TIER_10K", "10,000 people a day"],
  ["TIER_100K", "100,000 people a day"],
  ["TIER_UNLIMITED", "Any number of people"],
];

async function set(body, said) {
  if (await ask("/sandbox/limits", body)) toast(said);
}

export function limitsPart(limits) {
  const on = check(
    "Meta's limits hold", limits.enforced,
    (enforced) => set({ enforced }, enforced ? "The limits hold" : "As fast as you like"),
    "Off: as fast as you like. On: 80 or 1,000 messages a second and number, 45 at once to one person, and what stands below.",
  );
  const tier = field("Messaging limit", select(TIERS, limits.tier), "Of all numbers together, outside the 24-hour windows");
  tier.input.addEventListener("change", () => set({ tier: tier.input.value }, "The messaging limit is changed"));
  return element("div", "stack", on.root, tier.root,
    bar("People reached in 24 hours", limits.people_reached, limits.most_people),
    bar("Management calls in an hour", limits.management_calls, limits.most_management_calls),
    bar("Templates created in an hour", limits.templates_created, limits.most_templates_created),
    !limits.enforced && element("p", "soft small", "People are only counted while the limits hold."));
}

function bar(name, used, most) {
  const numbers = `${used.toLocaleString("en-GB")} of ${most === null ? "any number" : most.toLocaleString("en-GB")}`;
  const meter = Object.assign(element("meter"), { min: 0, max: most ?? 1, high: (most ?? 1) * 0.8, optimum: 0, value: most === null ? 0 : used });
  meter.setAttribute("aria-label", `${name}: ${numbers}`);
  return element("div", "usage", element("span", "", name), element("b", "", numbers), meter);
}
