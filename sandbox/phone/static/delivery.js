/* One delivery with everything that went out and came back. */

import { ask, button, copy, element, replace } from "./dom.js";
import { curl } from "./copying.js";
import { outcomePill, tags } from "./delivery_row.js";
import { jsonBlock } from "./json.js";
import { size } from "./media.js";
import { facts, fold, section } from "./pane.js";
import { duration, exact, moment, plural } from "./words.js";

const SHOWN_EVENTS = 12;
/** curl writes these itself. */
const OWN_HEADERS = /^(?:host|content-length|accept-encoding|connection|transfer-encoding)$/i;

/** The delivery that is open, with where it is shown and what a resend brought. */
let current = null;

export async function showDelivery(side, id, desk) {
  const mine = { id, side, desk, said: null };
  current = mine;
  const delivery = await ask(`/sandbox/webhooks/${id}`);
  if (!delivery || current !== mine) return;
  current.delivery = delivery;
  side.open(`Delivery ${delivery.id}`, outcomePill(delivery), ...tags(delivery));
  side.body.replaceChildren();
  await fill();
}

export function leaveDelivery() {
  current = null;
}

/** Further attempts appear while it is open. */
export function followDelivery() {
  if (current?.delivery) fill();
}

async function fill() {
  const mine = current;
  const { side, delivery, desk, said } = mine;
  const found = await ask(`/sandbox/webhooks?first=${delivery.first_id}&brief=1&limit=50`);
  if (current !== mine || mine.said !== said) return;
  const attempts = found?.deliveries || [];
  const parts = [
    ["top", delivery.id, () => top(delivery)],
    ["said", said?.id, () => section("", result(said, desk))],
    ["attempts", attempts.map((each) => each.id).join(" "), () => attemptsPart(attempts, delivery, desk)],
    ["events", delivery.id, () => eventsPart(delivery, desk)],
    ["body", delivery.id, () => section(`Body, ${size(delivery.size)}`, jsonBlock(delivery.body, "body"))],
    ["sent", delivery.id, () => section("Request", signature(delivery), headersFold("Headers", delivery.request_headers))],
    ["answer", delivery.id, () => answerPart(delivery)],
  ];
  replace(side.body, parts.filter(([, look]) => look !== undefined).map(([key, look, make]) => ({ key, look: String(look), make })));
}

function top(delivery) {
  const resend = button("strong", "Resend", async () => {
    resend.disabled = true;
    const said = await ask(`/sandbox/webhooks/${delivery.id}/resend`, {});
    resend.disabled = false;
    if (!said || current?.delivery !== delivery) return;
    current.said = said;
    await fill();
  });
  resend.title = "The same bytes to the present address, signed with the present secret";
  const command = button("quiet", "Copy as signed curl", () => copy(signedCurl(delivery), "Copied: the same bytes with their signature"));
  const problem = delivery.problem && element("p", `note ${delivery.outcome === "dropped" ? "wait" : "bad"}`, delivery.problem);
  const about = facts([
    ["Time", exact(delivery.at)],
    ["Address", delivery.url],
    ["Took", delivery.seconds ? duration(delivery.seconds) : ""],
    ["Attempt", delivery.attempt > 1 ? String(delivery.attempt) : ""],
  ]);
  return section("", problem, about, element("div", "row", resend, command));
}

function signedCurl(delivery) {
  const headers = Object.entries(delivery.request_headers).filter(([name]) => !OWN_HEADERS.test(name));
  return curl(delivery.url, Object.fromEntries(headers), delivery.body);
}

/** What came back just now. */
export function result(said, desk) {
  const good = said.outcome === "delivered";
  const words = said.http_status ? `Answered ${said.http_status} in ${duration(said.seconds)}` : said.problem;
  const more = said.id ? button("quiet tiny", "Look at it", () => desk.open(said.id)) : null;
  const answer = said.response_body && element("pre", "block", said.response_body);
  return element("div", "stack", element("div", `note row ${good ? "good" : "bad"}`, element("b", "grow", words), more), answer);
}

function attemptsPart(attempts, delivery, desk) {
  if (attempts.length < 2) return element("section", "part none");
  const rows = attempts.map((each) => {
    const made = button("attempt", element("span", "", moment(each.at)), () => desk.open(each.id));
    made.append(element("span", "grow soft", each.origin === "resent" ? "resent" : `attempt ${each.attempt}`), outcomePill(each));
    if (each.id === delivery.id) made.setAttribute("aria-current", "true");
    return element("li", "", made);
  });
  return section(`${plural(attempts.length, "attempt")} with the same bytes`, element("ol", "attempts", ...rows));
}

function eventsPart(delivery, desk) {
  if (!delivery.events.length) return element("section", "part none");
  const rows = delivery.events.slice(0, SHOWN_EVENTS).map(([event, subject]) => {
    const only = button("subject", element("code", "", subject), () => desk.filter({ wamid: subject, outcome: "", event: "" }));
    only.title = "Only what tells of this";
    return element("li", "event", element("b", "", event), only);
  });
  const hidden = delivery.events.length - rows.length;
  const more = hidden > 0 && element("p", "soft", `and ${plural(hidden, "other")} in the body`);
  return section(plural(delivery.updates, "update"), element("ul", "event-list", ...rows), more);
}

const signature = (delivery) =>
  delivery.signature
    ? facts([["Signature", element("code", "", delivery.signature)]])
    : element("p", "soft", delivery.url ? "It was not signed." : "It was never posted, so it is not signed.");

function headersFold(title, headers) {
  const pairs = Object.entries(headers);
  return pairs.length > 0 && fold(`${title} (${pairs.length})`, null, facts(pairs.map(([name, value]) => [name, element("code", "", value)])));
}

function answerPart(delivery) {
  if (!delivery.http_status) return section("Answer", element("p", "soft", "There is none."));
  const body = delivery.response_body ? jsonBlock(delivery.response_body, "answer") : element("p", "soft", "The body is empty.");
  return section("Answer", element("div", "row", outcomePill(delivery)), body, headersFold("Headers", delivery.response_headers));
}
