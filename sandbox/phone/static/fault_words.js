/* Faults as words. */

import { plural, spoken } from "./words.js";

const NAMES = {
  latency: "Slow call",
  late_answer: "Late answer",
  error: "Error",
  throttle: "Throttled",
  expired_token: "Token expired",
  html: "A page instead of JSON",
  empty: "Empty answer",
  half_json: "Half of the JSON",
  cut_before_accept: "Cut before it is taken",
  cut_after_accept: "Cut after it is taken",
  hang: "No answer at all",
  duplicate: "Posted several times",
  delay: "Posted later",
  reorder: "Out of order",
  batch: "Many in one body",
  drop: "Never posted",
  wrong_signature: "Wrong signature",
  hold: "Held back",
  before_answer: "Status before the answer",
};
const TARGETS = {
  messages: "Messages",
  templates: "Templates",
  media: "Media",
  account: "Account and numbers",
  calls: "Every call",
  webhooks: "Webhooks",
};
/** What stands elsewhere in the words about a fault. */
const TOLD = new Set(["id", "target", "kind", "times", "seen", "used", "left", "skip", "every", "probability", "seed"]);
const FILTERS = { to: "to", phone_number_id: "number", edge: "edge", method: "method", event: "event" };
const PARAMETERS = {
  http_status: (value) => `HTTP ${value}`,
  retry_after: (value) => `Retry-After ${value} s`,
  seconds: (value) => `${value} s`,
  count: (value) => `${value} at a time`,
  longest_wait: (value) => `waits ${value} s at most`,
  min_seconds: (value) => `from ${value} s`,
  max_seconds: (value) => `to ${value} s`,
  usage: (value) => `usage ${value}%`,
  accepted: (value) => (value ? "takes effect" : "takes no effect"),
  cut: (value) => (value ? "cuts the line" : "whole length"),
};

export const kindName = (kind) => NAMES[kind] || spoken(kind);
export const targetName = (target) => TARGETS[target] || spoken(target);

const ENDINGS = { one: "st", two: "nd", few: "rd", other: "th" };
const rules = new Intl.PluralRules("en-GB", { type: "ordinal" });
export const ordinal = (number) => `${number}${ENDINGS[rules.select(number)]}`;

/** When it acts: "the next 3, on every 2nd, after 4 have passed, one in ten under seed 7". */
export function schedule(fault) {
  const words = [fault.times === "always" ? "always" : fault.times === 1 ? "once" : `${fault.times} times`];
  if (fault.every > 1) words.push(`on every ${ordinal(fault.every)}`);
  if (fault.skip) words.push(`after ${plural(fault.skip, "match has", "matches have")} passed`);
  if (fault.probability !== undefined) words.push(`on ${Math.round(fault.probability * 1000) / 10}% of them`);
  if (fault.seed !== undefined) words.push(`seed ${fault.seed}`);
  return words.join(", ");
}

/** Filters and parameters, each `[words, isFilter]`. */
export function details(fault) {
  return Object.entries(fault).filter(([name]) => !TOLD.has(name)).map(([name, value]) => {
    if (FILTERS[name]) return [`${FILTERS[name]} ${value}`, true];
    return [PARAMETERS[name] ? PARAMETERS[name](value) : `${name} ${value}`, false];
  });
}
