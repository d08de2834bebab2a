/* One line of the list of deliveries. */

import { button, element } from "./dom.js";
import { size } from "./media.js";
import { duration, exact, moment, plural } from "./words.js";

const TONES = { delivered: "good", refused: "bad", failed: "bad", dropped: "wait" };
const SHOWN_EVENTS = 3;
export const EVENTS = [
  "sent", "delivered", "read", "failed", "received", "APPROVED", "REJECTED", "PAUSED", "DISABLED", "FLAGGED",
  "REINSTATED", "IN_APPEAL", "ARCHIVED", "UNARCHIVED", "DELETED", "category", "quality", "components",
];

export const lookOf = (row) => `${row.outcome} ${row.attempt}`;

/** "delivered ×3, read": each event once, in the order of their first. */
export function eventWords(row) {
  const counts = new Map();
  for (const [event] of row.events) counts.set(event, (counts.get(event) || 0) + 1);
  const words = [...counts].map(([event, count]) => (count > 1 ? `${event} ×${count}` : event));
  const hidden = row.updates - row.events.length;
  const shown = words.slice(0, SHOWN_EVENTS);
  if (words.length > SHOWN_EVENTS) shown.push(`${words.length - SHOWN_EVENTS} more kinds`);
  if (hidden > 0) shown.push(plural(hidden, "more update"));
  return shown.join(", ") || (row.origin === "raw" ? "Raw post" : "—");
}

export function outcomePill(row) {
  const words = row.http_status ? `${row.http_status} ${row.outcome}` : row.outcome;
  return element("span", `pill ${TONES[row.outcome]}`, words);
}

export function tags(row) {
  const made = [];
  if (row.origin === "resent") made.push(element("span", "pill", row.origin));
  if (row.attempt > 1) made.push(element("span", "pill wait", `attempt ${row.attempt}`));
  return made;
}

export function deliveryRow(row, open, now) {
  const time = Object.assign(element("time", "", moment(row.at, now)), { title: exact(row.at) });
  const words = element("span", "events", element("b", "", eventWords(row)), ...tags(row));
  const made = button("delivery", time, () => open(row.id));
  const problem = row.outcome === "delivered" ? "" : row.problem;
  made.append(
    words,
    element("span", "problem", problem),
    outcomePill(row),
    element("span", "measure", row.seconds ? duration(row.seconds) : ""),
    element("span", "measure", size(row.size)),
  );
  return element("li", "", made);
}
