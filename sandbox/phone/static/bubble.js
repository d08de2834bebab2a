/* One message on the wall, with all that stands around its paper. */

import { button, clock, element } from "./dom.js";
import { here, message as latest } from "./here.js";
import { icon, iconButton, kindIcon } from "./icons.js";
import { messagePaper } from "./message.js";
import { act, details, lookAt, more, react, reply } from "./message_acts.js";
import { nameOf } from "./codes.js";
import { unmarked } from "./text.js";
import { ticks } from "./ticks.js";

const SWIPE = 56;
const LONG_PRESS_MS = 480;

/** Whether the person can see it: what was only accepted or sent waits for the phone. */
export const isOnPhone = (message) =>
  !message.outbound || message.statuses.some(({ status }) => status === "delivered" || status === "read");

const own = (message) => (message.outbound ? here.state.business : "You");

/** What the paper shows; as long as it is the same, the paper stays in the page. */
function paperLook(message) {
  const { header, body, footer, buttons, media, location, contacts, list, quoted, deleted, type } = message;
  return JSON.stringify([header, body, footer, buttons, media, location, contacts, list, quoted, deleted, type]);
}

/** The row of a message; `old` is kept and brought up to date where its paper has not changed. */
export function row(message, grouped, old) {
  const look = paperLook(message);
  const made = old && old.dataset.paper === look ? old : fresh(message, look, old);
  made.className = `message ${message.outbound ? "theirs" : "mine"}${grouped ? " grouped" : ""}`;
  const waits = !isOnPhone(message);
  made.classList.toggle("waiting", waits);
  made.classList.toggle("failed", message.status === "failed");
  for (const tap of made.querySelectorAll("button.tap")) tap.disabled = waits;
  made.querySelector(".meta").replaceChildren(...metaParts(message));
  made.querySelector(".reactions").replaceChildren(...reactionPills(message));
  made.querySelector(".under").replaceChildren(...underParts(message));
  return made;
}

function fresh(message, look, old) {
  const { wamid } = message;
  const meta = button("meta", "", (event) => details(event.currentTarget, wamid));
  const bubble = element("article", "bubble", paper(message, meta));
  bubble.tabIndex = -1;
  const made = element(
    "div",
    "",
    element("div", "bubble-line", bubble, message.deleted ? null : tools(wamid)),
    element("div", "reactions"),
    element("div", "under"),
  );
  made.dataset.paper = look;
  made.dataset.wamid = wamid;
  if (!old && here.animate) bubble.classList.add("new");
  bubble.addEventListener("contextmenu", (event) => {
    if (event.target.closest("a, img") || String(getSelection())) return;
    event.preventDefault();
    more(bubble, wamid);
  });
  touches(bubble, wamid);
  return made;
}

function paper(message, below) {
  if (message.deleted) return plain([icon("blocked"), "This message was deleted"], below);
  if (message.type === "unsupported") return plain([icon("info"), "A message that the API cannot carry"], below);
  return messagePaper(message, {
    onTap: (tapped, place) => act(message.wamid, tapped, place),
    onOpen: lookAt,
    above: quotation(message),
    below,
  });
}

function plain(words, below) {
  return element("div", "paper", element("div", "paper-main", element("div", "text gone", ...words, below)));
}

function quotation({ quoted }) {
  if (!quoted) return null;
  const made = button(
    `quotation ${quoted.outbound ? "theirs" : "mine"}`,
    element("strong", "", own(quoted)),
    () => here.jump(quoted.wamid),
  );
  made.append(element("span", "", kindIcon(quoted.kind) || "", unmarked(quoted.text)));
  return made;
}

function metaParts(message) {
  const status = message.outbound ? message.status : message.status === "read" ? "read" : "delivered";
  return [
    message.edited && !message.deleted ? element("span", "", "Edited") : null,
    element("time", "", clock(message.at)),
    ticks(status),
    element("span", "sr", "Details"),
  ].filter(Boolean);
}

function reactionPills(message) {
  return Object.entries(message.reactions).map(([who, emoji]) => {
    const mine = who === "person";
    const made = button("reaction", emoji, (event) => react(event.currentTarget, message.wamid));
    made.title = mine ? "Your reaction" : `From ${here.state.business}`;
    made.setAttribute("aria-label", `${made.title}: ${emoji}`);
    made.disabled = !mine;
    return made;
  });
}

/** What the developer is told and the person's phone does not show. */
function underParts(message) {
  const parts = [];
  if (message.template) parts.push(element("span", "", `${message.template} · ${message.category.toLowerCase()}`));
  if (here.state.numbers.length > 1) parts.push(element("span", "", `${message.outbound ? "from" : "to"} ${message.number.display}`));
  const note = noteOf(message);
  if (note) parts.push(element("span", message.status === "failed" ? "bad" : "wait", note));
  return parts;
}

function noteOf(message) {
  if (message.status === "failed") {
    const code = message.error?.code;
    return `Not delivered: ${nameOf(code) === "Error" ? message.error?.title : nameOf(code)} (${code})`;
  }
  if (message.expired) return "Never arrived: its time was over before the phone came back";
  if (message.into_a_block) return "Never arrives: sent while the business was blocked";
  if (isOnPhone(message)) return "";
  if (message.status === "sent") return "Not on the phone yet";
  return "On its way";
}

function tools(wamid) {
  const made = element(
    "div",
    "tools",
    iconButton("smile", "React", (event) => react(event.currentTarget, wamid)),
    iconButton("reply", "Reply", () => reply(wamid)),
    iconButton("more", "More", (event) => more(event.currentTarget, wamid)),
  );
  made.children[0].tabIndex = made.children[1].tabIndex = -1;
  return made;
}

/** A long press opens the menu, a swipe to the right answers. */
function touches(bubble, wamid) {
  let start = null;
  let timer = 0;
  const end = () => {
    clearTimeout(timer);
    start = null;
    bubble.style.transform = "";
  };
  bubble.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" || latest(wamid)?.deleted) return;
    start = { x: event.clientX, y: event.clientY };
    timer = setTimeout(() => {
      end();
      more(bubble, wamid);
    }, LONG_PRESS_MS);
  });
  bubble.addEventListener("pointermove", (event) => {
    if (!start) return;
    const right = event.clientX - start.x;
    const down = Math.abs(event.clientY - start.y);
    if (Math.abs(right) > 8 || down > 8) clearTimeout(timer);
    if (right > 8 && right > down) bubble.style.transform = `translateX(${Math.min(right, SWIPE + 14)}px)`;
    if (down > 24) end();
    else start.answers = right > SWIPE;
  });
  bubble.addEventListener("pointerup", () => {
    if (start?.answers) reply(wamid);
    end();
  });
  bubble.addEventListener("pointercancel", end);
}
