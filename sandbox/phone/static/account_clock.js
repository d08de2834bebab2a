/* The sandbox's time: where it stands, what is to come, and moving it forward. */

import { ask, at, button, element, toast } from "./dom.js";
import { entry, field, form, select } from "./forms.js";
import { duration, exact, moment, plural } from "./words.js";

const STEPS = [["1 min", 60], ["1 h", 3600], ["24 h", 86400], ["7 days", 604800]];
const UNITS = [["60", "minutes"], ["3600", "hours"], ["86400", "days"], ["1", "seconds"]];

let shown = null;
let heard = 0;

/** The clock on the page goes on by itself between two answers. */
export function followClock(clock) {
  shown = clock;
  heard = performance.now();
}

const now = () => shown.now + (shown.manual ? 0 : (performance.now() - heard) / 1000);

setInterval(() => {
  const place = document.getElementById("now");
  if (!place || !shown) return;
  place.textContent = exact(now());
  const ahead = now() - Date.now() / 1000;
  at("ahead").textContent = shown.manual ? "stands still until it is moved" : ahead > 5 ? `${duration(ahead)} ahead of this computer` : "this computer's time";
}, 250);

async function advance(seconds) {
  const clock = await ask("/sandbox/clock", { advance: seconds });
  if (clock) toast(`${duration(seconds)} later: ${clock.happened ? plural(clock.happened, "step") : "nothing"} happened`);
  return clock;
}

export function clockPart(clock, old) {
  const keeps = old?.querySelector("form");
  const time = Object.assign(element("p", "now", exact(now())), { id: "now" });
  const ahead = Object.assign(element("span", "soft small"), { id: "ahead" });
  const mode = element("span", `pill ${clock.manual ? "wait" : "good"}`, clock.manual ? "manual" : "live");
  const quick = STEPS.map(([label, seconds]) => button("quiet", `+ ${label}`, () => advance(seconds)));
  const head = element("div", "row", time, mode);
  const meaning = element("p", "soft small", "Moving it lets everything happen that falls due: statuses, reviews, pauses, windows, repetitions.");
  return element("div", "stack", element("div", "", head, ahead), element("div", "row", ...quick), keeps || customStep(), meaning, coming(clock));
}

function customStep() {
  const amount = field("Another step", entry({ type: "number", min: 0, step: "any", value: 90 }));
  const unit = select(UNITS, "60");
  unit.setAttribute("aria-label", "Unit");
  const made = form("Advance", async () => {
    await advance(Number(amount.input.value) * Number(unit.value));
  }, amount.root, field("Unit", unit).root);
  made.classList.add("inline");
  return made;
}

function coming(clock) {
  if (!clock.planned) return element("p", "soft", "Nothing is planned.");
  const rows = clock.coming.map(({ at: due, what }) => element("li", "", element("time", "", moment(due, clock.now)), element("span", "", what)));
  const hidden = clock.planned - rows.length;
  if (hidden > 0) rows.push(element("li", "soft", `and ${plural(hidden, "other")}`));
  return element("div", "stack tight", element("h3", "", `${plural(clock.planned, "step")} to come`), element("ol", "coming", ...rows));
}
