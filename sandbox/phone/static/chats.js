/* The page of chats: you are the person whom the business writes to. */

import { ask, at, element, replace } from "./dom.js";
import { live } from "./live.js";
import { showBanners } from "./banners.js";
import { showList, startList } from "./chat_list.js";
import { showComposer, startComposer } from "./composer.js";
import { here } from "./here.js";
import { icon } from "./icons.js";
import { avatar, given, spell, title } from "./names.js";
import { showPerson, startPerson, windowWords } from "./person.js";
import { showWall, startWall } from "./wall.js";
import { showWelcome } from "./welcome.js";

const wide = matchMedia("(min-width: 721px)");
const CLOCK_MS = 30_000;

here.redraws = new Set();

async function load() {
  const asked = here.phone;
  const query = new URLSearchParams({ phone: asked, find: here.find });
  const state = await ask(`/phone/state?${query}`);
  if (!state) return;
  if (asked !== here.phone) {
    await load();
    return;
  }
  here.state = state;
  if (!here.phone && wide.matches && state.phones.length && !here.find) {
    history.replaceState(null, "", `#${state.phones[0].phone}`);
    here.phone = state.phones[0].phone;
    await load();
    return;
  }
  show(state);
}

function show(state) {
  const open = Boolean(state.person);
  at("desk").classList.toggle("open", open);
  at("desk").classList.toggle("bare", !state.people && !state.phones.length);
  at("chat").hidden = !open;
  at("welcome").hidden = open;
  showList(state);
  if (!open) {
    togglePanel(false);
    showWelcome(state);
    document.title = "Chats · sandbox";
    return;
  }
  showHead(state);
  showBanners(state);
  showComposer(state);
  showWall(state);
  showPerson(state);
  for (const redraw of here.redraws) redraw();
}

function showHead({ person, numbers, now }) {
  document.title = `${title(person)} · sandbox`;
  const ends = Math.max(...numbers.map(({ id }) => person.windows[id]));
  const words = [given(person) ? spell(person.phone) : "", person.username ? `@${person.username}` : "", `Window ${windowWords(ends, now).toLowerCase()}`];
  const about = words.filter(Boolean).join(" · ").replace("window closed", "Window closed");
  replace(at("who"), [
    { key: person.phone, look: JSON.stringify([person.name, about]), make: () => element("span", "who-line", avatar(person), element("span", "about", element("strong", "", title(person)), element("small", "", about))) },
  ]);
}

function togglePanel(open = at("person").hidden) {
  const had = at("person").contains(document.activeElement);
  at("person").hidden = !open;
  at("desk").classList.toggle("with-person", open);
  for (const id of ["who", "info"]) at(id).setAttribute("aria-expanded", String(open));
  if (open) at("person").querySelector("button").focus();
  else if (had) at("info").focus();
}

function fromAddress() {
  here.phone = decodeURIComponent(location.hash.slice(1)).replace(/\D/g, "");
  here.refresh();
}

function start() {
  at("back").append(icon("back"));
  at("info").append(icon("settings"));
  startList();
  startWall();
  startComposer();
  startPerson();
  here.togglePanel = togglePanel;
  at("who").addEventListener("click", () => togglePanel());
  at("info").addEventListener("click", () => togglePanel());
  at("back").addEventListener("click", () => (location.hash = ""));
  addEventListener("hashchange", fromAddress);
  document.addEventListener("keydown", (event) => {
    const over = document.querySelector("dialog[open], [popover]:popover-open");
    if (event.key === "Escape" && !over && !at("person").hidden) togglePanel(false);
  });
  here.phone = location.hash.slice(1).replace(/\D/g, "");
  here.refresh = live(load);
  setInterval(here.refresh, CLOCK_MS);
}

start();
