/* The people, the latest chat first. */

import { at, clock, element, replace } from "./dom.js";
import { change, go, here } from "./here.js";
import { icon, kindIcon } from "./icons.js";
import { form } from "./layers.js";
import { avatar, given, spell, title } from "./names.js";
import { unmarked } from "./text.js";
import { ticks } from "./ticks.js";

const DAY = 86_400_000;

export function startList() {
  at("new-person").append(icon("add"));
  at("new-person").addEventListener("click", () => askForPerson());
  at("find").addEventListener("input", () => {
    here.find = at("find").value;
    here.refresh();
  });
  at("find").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && here.state?.phones.length) go(here.state.phones[0].phone);
  });
  at("phones").addEventListener("keydown", step);
}

function step(event) {
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const links = [...at("phones").querySelectorAll("a")];
  const next = links[links.indexOf(document.activeElement) + move];
  if (!move || !next) return;
  event.preventDefault();
  next.focus();
}

export function showList(state) {
  const wanted = state.phones.map((person) => {
    const look = JSON.stringify([person, person.phone === here.phone, when(person.at, state.now)]);
    return { key: person.phone, look, make: (old) => line(person, state, old) };
  });
  replace(at("phones"), wanted);
  const words = noteFor(state);
  at("people-note").hidden = !words;
  at("people-note").textContent = words;
}

function noteFor({ phones, people }) {
  if (here.find && !phones.length) return `Nobody matches “${here.find}”.`;
  if (!phones.length) return "Nobody is here yet. Whoever your code writes to appears by itself.";
  if (!here.find && people > phones.length) return `The latest ${phones.length} of ${people} people. Search finds the others.`;
  return "";
}

/** The link of an old row is kept, so that it keeps the focus. */
function line(person, { now }, old) {
  const row = old || element("li", "", element("a", "line"));
  const link = row.firstElementChild;
  link.href = `#${person.phone}`;
  link.classList.toggle("away-phone", person.offline || person.blocked);
  if (person.phone === here.phone) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
  const name = element("span", "name", title(person));
  if (given(person)) link.title = spell(person.phone);
  const last = element("span", "last", person.outbound ? ticks(person.status) : null, kindIcon(person.kind), element("span", "words", lastWords(person)));
  const time = element("time", person.unread ? "fresh" : "", person.count ? when(person.at, now) : "");
  link.replaceChildren(avatar(person), element("span", "middle", name, time, last, marks(person)));
  return row;
}

function lastWords(person) {
  if (!person.count) return "No messages yet";
  return unmarked(person.text) || "Message";
}

function marks(person) {
  const made = element("span", "marks");
  if (person.blocked) made.append(mark("blocked", "Has blocked the business"));
  if (person.offline) made.append(mark("off", "Phone is off"));
  if (person.unread) {
    const count = element("b", "unread", String(person.unread));
    count.setAttribute("aria-label", `${person.unread} not read`);
    made.append(count);
  }
  return made;
}

function mark(name, words) {
  const made = element("span", "mark", icon(name), element("span", "sr", words));
  made.title = words;
  return made;
}

function when(seconds, now) {
  const date = new Date(seconds * 1000);
  const today = new Date(now * 1000);
  if (date.toDateString() === today.toDateString()) return clock(seconds);
  if (new Date(today - DAY).toDateString() === date.toDateString()) return "Yesterday";
  return date.toLocaleDateString("en-GB", { day: "2-digit", month: "2-digit", year: "numeric" });
}

export function askForPerson({ phone = "", name = "" } = {}) {
  const fields = [
    { name: "phone", label: "Number with country code", type: "tel", value: phone, placeholder: "+263 77 123 4567", required: true, pattern: "[+]?[0-9 \\(\\)\\-]{7,24}" },
    { name: "name", label: "Name, if you like", value: name, placeholder: "Tariro" },
    { name: "text", label: "First message, if you like", value: "Hi", hint: "It opens the 24-hour window in which free text arrives." },
  ];
  form("New person", fields, "Start chat", async (values) => {
    const made = await change(`people/${values.phone.replace(/\D/g, "")}`, values.name.trim() ? { name: values.name.trim() } : {});
    if (!made) return null;
    const text = values.text.trim();
    if (text && !made.blocked) await change("reply", { from: made.phone, text });
    go(made.phone);
    return made;
  }, "Somebody who writes to the business from this number.");
}
