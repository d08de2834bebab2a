/* The messages of the open chat, oldest first. */

import { at, element, replace } from "./dom.js";
import { here } from "./here.js";
import { icon } from "./icons.js";
import { row } from "./bubble.js";
import { answerHint, hintLook } from "./welcome.js";

const NEAR_END = 80;
const GROUP_SECONDS = 300;
/** These change other messages or are seen on them. */
const SILENT = new Set(["reaction", "edit", "revoke"]);

let shownPhone = "";
let lastWamid = "";
let fresh = 0;
let typingTimer = 0;

const wall = () => at("wall");
const isAtEnd = () => wall().scrollHeight - wall().scrollTop - wall().clientHeight < NEAR_END;

export function startWall() {
  here.jump = jump;
  at("to-end").addEventListener("click", toEnd);
  wall().addEventListener("scroll", () => {
    if (isAtEnd()) fresh = 0;
    pill();
  });
  wall().addEventListener("keydown", step);
  new ResizeObserver(() => {
    if (wall().dataset.end === "yes") wall().scrollTop = wall().scrollHeight;
  }).observe(wall());
}

export function showWall(state) {
  const other = shownPhone !== state.person.phone;
  const stays = !other && !isAtEnd();
  here.animate = !other;
  const shown = state.messages.filter((message) => !SILENT.has(message.type) || failedSilently(message));
  if (other) wall().replaceChildren();
  replace(wall(), rows(state, shown));
  const last = shown[shown.length - 1]?.wamid || "";
  const lastIsOwn = shown.length && !shown[shown.length - 1].outbound;
  if (!stays || (last !== lastWamid && lastIsOwn)) toEnd();
  else if (last !== lastWamid) fresh += arrivedSince(shown);
  shownPhone = state.person.phone;
  lastWamid = last;
  wall().dataset.end = isAtEnd() ? "yes" : "no";
  pill();
}

const failedSilently = (message) => message.outbound && message.status === "failed";

function arrivedSince(shown) {
  const place = shown.findIndex(({ wamid }) => wamid === lastWamid);
  return shown.length - 1 - place;
}

function rows(state, shown) {
  const wanted = [];
  if (state.earlier) wanted.push(note("earlier", `${state.earlier} earlier messages are not shown`, "day"));
  let before = null;
  for (const message of shown) {
    const day = new Date(message.at * 1000).toDateString();
    const newDay = !before || new Date(before.at * 1000).toDateString() !== day;
    if (newDay) wanted.push(note(`day ${day}`, dayName(message.at, state.now), "day"));
    wanted.push(message.type === "system" ? systemLine(message) : bubbleRow(message, !newDay && follows(before, message), state));
    before = message;
  }
  if (!state.person.blocked && !state.messages.some(({ outbound }) => outbound)) {
    wanted.push({ key: "hint", look: hintLook(state), make: () => answerHint(state) });
  }
  wanted.push({ key: "typing", look: String(state.person.typing_until > state.now), make: () => typing(state) });
  return wanted;
}

const follows = (before, message) =>
  before.type !== "system" && before.outbound === message.outbound && message.at - before.at < GROUP_SECONDS;

function bubbleRow(message, grouped, state) {
  const look = JSON.stringify([message, grouped, state.numbers.length, state.business]);
  return { key: message.wamid, look, make: (old) => row(message, grouped, old) };
}

function note(key, text, className) {
  return { key, look: text, make: () => element("p", className, element("span", "", text)) };
}

function systemLine(message) {
  return { key: message.wamid, look: message.body, make: () => {
    const made = element("p", "day system", element("span", "", icon("info"), message.body));
    made.dataset.wamid = message.wamid;
    return made;
  } };
}

function typing({ person, now, business }) {
  clearTimeout(typingTimer);
  const made = element("div", "message theirs typing");
  if (person.typing_until <= now) {
    made.hidden = true;
    return made;
  }
  typingTimer = setTimeout(here.refresh, (person.typing_until - now) * 1000 + 50);
  const dots = element("span", "dots", element("i"), element("i"), element("i"));
  made.append(element("div", "bubble", dots, element("span", "sr", `${business} is typing`)));
  return made;
}

function dayName(seconds, now) {
  const date = new Date(seconds * 1000);
  const today = new Date(now * 1000);
  const days = Math.round((new Date(today).setHours(12, 0, 0, 0) - new Date(date).setHours(12, 0, 0, 0)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days > 1 && days < 7) return date.toLocaleDateString("en-GB", { weekday: "long" });
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

function toEnd() {
  fresh = 0;
  wall().scrollTop = wall().scrollHeight;
  wall().dataset.end = "yes";
  pill();
}

function pill() {
  const end = isAtEnd();
  wall().dataset.end = end ? "yes" : "no";
  const made = at("to-end");
  made.hidden = end;
  const words = fresh === 1 ? "1 new message" : `${fresh} new messages`;
  made.replaceChildren(icon("down"), fresh ? words : "");
  made.setAttribute("aria-label", fresh ? words : "To the newest message");
  made.classList.toggle("fresh", fresh > 0);
}

/** To a message that is quoted. */
function jump(wamid) {
  const found = [...wall().children].find((child) => child.dataset.wamid === wamid);
  if (!found) return;
  found.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  found.classList.remove("pointed");
  void found.offsetWidth;
  found.classList.add("pointed");
}

/** Arrow keys go from message to message. */
function step(event) {
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!move || event.target.closest("audio, video, input")) return;
  const bubbles = [...wall().querySelectorAll("article.bubble")];
  const current = bubbles.indexOf(document.activeElement.closest("article.bubble"));
  const next = current < 0 ? bubbles.length - 1 : current + move;
  if (!bubbles[next]) return;
  event.preventDefault();
  bubbles[next].focus();
}
