/* Everything that the API says of one message. */

import { clock, copy, element } from "./dom.js";
import { here } from "./here.js";
import { iconButton } from "./icons.js";
import { meaningOf, nameOf } from "./codes.js";
import { ticks, WORDS } from "./ticks.js";

const PRICES = { regular: "regular", free_customer_service: "free: the window was open", free_entry_point: "free entry point" };

/** "+0.31 s" after the acceptance; nothing for the acceptance itself. */
function later(seconds) {
  if (seconds < 60) return `+${seconds.toFixed(2)} s`;
  if (seconds < 3600) return `+${Math.round(seconds / 60)} min`;
  return `+${(seconds / 3600).toFixed(1)} h`;
}

function steps(message) {
  const all = message.outbound ? [{ status: "accepted", at: message.at }, ...message.statuses] : message.statuses;
  if (!all.length) return null;
  return element("ol", "steps", ...all.map((step) => stepLine(message, step)));
}

function stepLine(message, { status, at }) {
  const word = message.outbound ? WORDS[status] || status : `${WORDS[status] || status} by ${here.state.business}`;
  return element(
    "li",
    status,
    ticks(status),
    element("span", "", word),
    element("time", "", clock(at, true)),
    element("small", "", at > message.at ? later(at - message.at) : ""),
  );
}

function known(label, value, copied = false) {
  if (!value) return null;
  return element(
    "div",
    "known",
    element("dt", "", label),
    element("dd", copied ? "code" : "", value),
    copied ? iconButton("copy", `Copy ${label}`, () => copy(value)) : null,
  );
}

function price({ pricing }) {
  if (!pricing) return "";
  const kind = PRICES[pricing.type] || pricing.type;
  return `${pricing.billable ? "Billable" : "Not billable"} · ${pricing.category} · ${kind}`;
}

function failure({ error }) {
  if (!error) return null;
  const name = nameOf(error.code) === "Error" ? error.title : nameOf(error.code);
  return element("div", "failure", element("strong", "", `${error.code} · ${name}`), element("p", "", meaningOf(error)));
}

export function detailsOf(message) {
  const link = element("a", "quiet", "Its webhooks");
  link.href = `/webhooks?wamid=${encodeURIComponent(message.wamid)}`;
  const template = message.template ? `${message.template} · ${message.language} · ${message.category.toLowerCase()}` : "";
  const direction = message.outbound ? `Message from ${here.state.business}` : `Message to ${here.state.business}`;
  return element(
    "div",
    "",
    element("h2", "", direction),
    steps(message),
    failure(message),
    element(
      "dl",
      "",
      known(message.outbound ? "" : "Sent", message.outbound ? "" : clock(message.at, true)),
      known("Type", message.type),
      known("Template", template),
      known("Pricing", price(message)),
      known("Number", message.number.display),
      known("Message id", message.wamid, true),
      known("Callback data", message.callback_data, true),
    ),
    element("div", "row end", link),
  );
}
