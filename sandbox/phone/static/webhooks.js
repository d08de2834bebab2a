/* What was posted to the webhook: the list, its filters, and what stands beside it. */

import { ask, at, button, element, replace } from "./dom.js";
import { live } from "./live.js";
import { commandBlock, jsonBlock } from "./json.js";
import { addressCard } from "./webhook_address.js";
import { followDelivery, leaveDelivery, showDelivery } from "./delivery.js";
import { EVENTS, deliveryRow, lookOf } from "./delivery_row.js";
import { pane } from "./pane.js";
import { showRaw } from "./raw.js";
import { spoken } from "./words.js";

const PAGE = 100;
const COUNTS = [
  ["delivered", "Delivered", "good", "POSTs that were answered with 2xx"],
  ["refused", "Refused", "bad", "POSTs that were answered with something else"],
  ["failed", "Failed", "bad", "POSTs without an answer"],
  ["dropped", "Dropped", "wait", "kept back by a fault, without an address, or given up after seven days"],
  ["waiting", "Waiting", "", "updates that were not posted yet"],
  ["again", "Again", "", "updates that were not taken and will be posted again"],
  ["lost", "Lost", "", "updates that found no room in the queue"],
];
const OUTCOMES = 4;

const query = new URLSearchParams(location.search);
const wanted = { outcome: query.get("outcome") || "", event: query.get("event") || "", wamid: query.get("wamid") || "" };
const side = pane(() => choose(0));
let rows = [];
let next = null;
let seen = null;
let paused = false;
let chosen = 0;

const search = (more) => {
  const asked = Object.entries({ ...wanted, ...more }).filter(([, value]) => value);
  return `/sandbox/webhooks?${new URLSearchParams([...asked, ["brief", "1"], ["limit", PAGE]])}`;
};

/** Rows that were read before stay, unless others may have come in between. */
function merge(page) {
  const fresh = page.deliveries;
  const last = fresh.at(-1)?.id ?? 0;
  const touches = rows.some((row) => row.id >= last);
  const older = fresh.length && touches ? rows.filter((row) => row.id < last) : [];
  if (!older.length) next = page.next;
  rows = [...fresh, ...older];
}

async function load() {
  const page = await ask(search({}));
  if (!page) return;
  seen = page;
  addressCard(at("address"), page);
  showCounts(page);
  followDelivery();
  if (paused) return showNews(page);
  merge(page);
  render();
}

function showCounts(page) {
  replace(at("counts"), COUNTS.map((each, place) => {
    const [name, , tone] = each;
    const count = page.counts[name] ?? page[name];
    const pressed = wanted.outcome === name;
    return {
      key: name,
      look: `${count} ${pressed}`,
      make: (old) => {
        const item = old || counter(each, place < OUTCOMES);
        const number = item.querySelector("b");
        number.textContent = count.toLocaleString("en-GB");
        number.className = count ? tone : "";
        item.querySelector("button")?.setAttribute("aria-pressed", String(pressed));
        return item;
      },
    };
  }));
}

function counter([name, title, , meaning], filters) {
  const parts = [element("b"), element("span", "", title)];
  if (!filters) return Object.assign(element("li", "count", ...parts), { title: meaning });
  const made = button("count", "", () => filter({ outcome: wanted.outcome === name ? "" : name }));
  made.append(...parts);
  made.title = `${meaning}; show only these`;
  return element("li", "", made);
}

function mark(row, current) {
  if (current) row.setAttribute("aria-current", "true");
  else row.removeAttribute("aria-current");
}

function showNews(page) {
  const fresh = page.deliveries.filter((row) => row.id > (rows[0]?.id ?? 0)).length;
  at("news").hidden = !fresh;
  at("news").textContent = `${fresh === PAGE ? "100 or more" : fresh} new: show`;
}

function render() {
  at("news").hidden = true;
  const now = Date.now() / 1000;
  replace(at("deliveries"), rows.map((row) => ({
    key: String(row.id),
    look: lookOf(row),
    make: () => deliveryRow(row, open, now),
  })));
  for (const item of at("deliveries").children) mark(item.firstElementChild, item.dataset.key === String(chosen));
  at("more").hidden = next === null;
  at("deliveries").hidden = !rows.length;
  showEmpty();
}

function showEmpty() {
  const filtered = Boolean(wanted.outcome || wanted.event || wanted.wamid);
  const empty = at("empty");
  empty.hidden = rows.length > 0;
  at("clear").hidden = !filtered;
  const state = filtered ? "filtered" : seen.url ? "waiting" : "address";
  if (empty.hidden || empty.dataset.state === state) return;
  empty.dataset.state = state;
  empty.replaceChildren(...EMPTY[state]());
}

const START = `curl ${location.origin}/sandbox/reply -d '{"from": "+263771234567", "text": "Hello"}'`;
const EMPTY = {
  filtered: () => [element("h2", "", "None of them"), element("p", "", "No delivery fits these filters.")],
  waiting: () => [
    element("h2", "", "Nothing was posted yet"),
    element("p", "", "Send a message, or let somebody write to you:"),
    commandBlock(START),
  ],
  address: () => [
    element("h2", "", "No webhook address yet"),
    element("p", "", "Set one above, and the sandbox posts signed updates to it as Meta does. First it asks for the challenge:"),
    jsonBlock("GET /your-webhook?hub.mode=subscribe&hub.verify_token=…&hub.challenge=1158201444", "request"),
    element("p", "soft", "Answer 200 and the bare hub.challenge as text."),
  ],
};

async function older() {
  const asked = search({});
  const page = await ask(search({ before: next }));
  if (!page || asked !== search({})) return;
  rows = [...rows, ...page.deliveries];
  next = page.next;
  render();
}

function filter(change) {
  Object.assign(wanted, change);
  rows = [];
  const asked = Object.entries(wanted).filter(([, value]) => value);
  history.replaceState(null, "", asked.length ? `?${new URLSearchParams(asked)}` : location.pathname);
  at("event").value = wanted.event;
  at("wamid").value = wanted.wamid;
  if (paused) pause();
  else refresh();
}

function choose(id) {
  chosen = id;
  if (!id) leaveDelivery();
  if (seen) render();
}

function open(id) {
  choose(id);
  showDelivery(side, id, { filter, open, refresh });
}

function pause() {
  paused = !paused;
  at("pause").setAttribute("aria-pressed", String(paused));
  at("pause").lastElementChild.textContent = paused ? "Paused" : "Live";
  at("pause").title = paused ? "The list stands still; go on" : "Let the list stand still while you read";
  refresh();
}

/** Arrows go from row to row. */
function walk(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const row = step && event.target.closest("li")?.[step];
  if (!row) return;
  event.preventDefault();
  row.firstElementChild.focus();
}

at("event").append(...[["", "Every event"], ...EVENTS.map((name) => [name, spoken(name)])].map(([value, label]) =>
  Object.assign(element("option", "", label), { value })));
at("event").value = wanted.event;
at("wamid").value = wanted.wamid;
at("event").addEventListener("change", () => filter({ event: at("event").value }));
at("wamid").addEventListener("input", () => filter({ wamid: at("wamid").value.trim() }));
at("filters").addEventListener("submit", (event) => event.preventDefault());
at("filters").addEventListener("reset", () => setTimeout(() => filter({ outcome: "", event: "", wamid: "" })));
at("older").addEventListener("click", older);
at("pause").addEventListener("click", pause);
at("news").addEventListener("click", pause);
at("deliveries").addEventListener("keydown", walk);
at("raw").addEventListener("click", () => {
  choose(0);
  showRaw(side, open);
});
const refresh = live(load);
const first = Number(query.get("delivery"));
if (first) open(first);
