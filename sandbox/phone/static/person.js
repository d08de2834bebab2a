/* The drawer beside the chat: how the person's phone behaves. */

import { at, button, clock, copy, element, replace } from "./dom.js";
import { change, go, here, settle } from "./here.js";
import { iconButton } from "./icons.js";
import { FAILURES, nameOf, MEANINGS, REFUSALS } from "./codes.js";
import { form } from "./layers.js";
import { avatar, given, spell, title } from "./names.js";

/** Field, label, explanation, and whether the switch shows the opposite of the field. */
const SWITCHES = [
  ["offline", "Phone is on", "Off: messages stay at one tick, and arrive when it is on again.", true],
  ["reads", "Reads messages", "Off: they are delivered, never read."],
  ["blocked", "Has blocked the business", "Messages stay at one tick for ever. Meta does not tell that it is a block."],
  ["stopped_marketing", "Stopped marketing", "Marketing templates fail with 131050. A webhook tells the change."],
  ["hides_number", "Hides the number", "Has a username: webhooks name the user id alone, no number."],
];
const SIMULATED = [
  ["refuse", "Answer sends with an error", "The call itself is refused.", "Accept them", REFUSALS],
  ["fail", "Let accepted messages fail", "A failed webhook follows the acceptance.", "Deliver them", FAILURES],
];
const OTHER = "other";

export function startPerson() {
  const panel = at("person");
  const heading = element("header", "bar", iconButton("close", "Close", () => here.togglePanel(false)), element("h2", "", "This person"));
  panel.append(
    heading,
    element(
      "div",
      "person-body",
      element("div", "portrait"),
      element("section", "", ...SWITCHES.map(switchLine)),
      element("section", "", element("h3", "", "24-hour window"), element("ul", "windows")),
      element("section", "", element("h3", "", "Simulate failures"), ...SIMULATED.map(simulatedLine)),
      element("section", "", element("h3", "", "How the API knows this person"), element("dl", "identity")),
    ),
  );
}

function switchLine([field, label, words, opposite]) {
  const input = element("input", "switch");
  Object.assign(input, { type: "checkbox", id: `switch-${field}` });
  input.setAttribute("role", "switch");
  input.setAttribute("aria-describedby", `about-${field}`);
  input.addEventListener("change", () => settle({ [field]: opposite ? !input.checked : input.checked }));
  const about = element("small", "", words);
  about.id = `about-${field}`;
  const name = element("label", "", label);
  name.htmlFor = input.id;
  return element("div", "switch-line", name, input, about);
}

function simulatedLine([field, label, words, nothing, codes]) {
  const select = element("select", "");
  select.id = `simulate-${field}`;
  const option = (value, text) => Object.assign(element("option", "", text), { value });
  select.append(option("0", nothing), ...codes.map((code) => option(code, `${code} · ${nameOf(code)}`)), option(OTHER, "Another code…"));
  select.addEventListener("change", () => {
    if (select.value === OTHER) askForCode(field, label);
    else settle({ [field]: Number(select.value) });
    showCode(select, here.state.person[field]);
  });
  const about = element("small", "", words);
  about.id = `about-${field}`;
  select.setAttribute("aria-describedby", about.id);
  return element("label", "field simulated", label, select, about);
}

function askForCode(field, label) {
  const code = { name: "code", label: "Code", type: "number", required: true, placeholder: "131016" };
  form(label, [code], "Use it", (values) => settle({ [field]: Number(values.code) }));
}

/** A code that is not in the list joins it. */
function showCode(select, code) {
  if (![...select.options].some(({ value }) => value === String(code))) {
    const joined = element("option", "", `${code} · ${nameOf(code)}`);
    joined.value = code;
    select.lastElementChild.before(joined);
  }
  select.value = String(code);
}

export function showPerson(state) {
  const { person } = state;
  replace(document.querySelector(".portrait"), [
    { key: person.phone, look: JSON.stringify([person.name, person.phone, person.username]), make: () => portrait(person) },
  ]);
  for (const [field, , , opposite] of SWITCHES) at(`switch-${field}`).checked = opposite ? !person[field] : person[field];
  for (const [field, , words] of SIMULATED) {
    showCode(at(`simulate-${field}`), person[field]);
    at(`about-${field}`).textContent = MEANINGS[person[field]]?.[1] || words;
  }
  const windows = state.numbers.map((number) => ({
    key: number.id,
    look: JSON.stringify([number, person.phone, windowWords(person.windows[number.id], state.now)]),
    make: () => windowLine(number, person.windows[number.id], state.now),
  }));
  replace(document.querySelector(".windows"), windows);
  replace(document.querySelector(".identity"), identity(person));
}

function portrait(person) {
  return element(
    "div",
    "",
    avatar(person),
    element("h2", "", title(person)),
    element("p", "soft", [given(person) ? spell(person.phone) : "", person.username && `@${person.username}`].filter(Boolean).join(" · ")),
    element("div", "row", button("quiet", "Rename", () => rename(person)), button("quiet", "Change number…", () => renumber(person))),
  );
}

function rename(person) {
  const field = { name: "name", label: "Name", value: given(person), placeholder: "Tariro", required: true };
  form("Rename", [field], "Save", ({ name }) => settle({ name: name.trim() }), "Webhooks tell the new name with the next message.");
}

function renumber(person) {
  const field = { name: "to", label: "New number with country code", type: "tel", placeholder: "+263 77 765 4321", required: true };
  const words = `The chat moves to the new number and the user id changes. Whoever still writes to ${spell(person.phone)} gets error 131026.`;
  form("Change number", [field], "Change number", async ({ to }) => {
    const done = await change(`people/${person.phone}/change-number`, { to });
    if (done) go(done.phone);
    return done;
  }, words);
}

export function windowWords(ends, now) {
  const left = ends - now;
  if (left <= 0) return "Closed: only templates arrive";
  const span = left < 3600 ? `${Math.max(1, Math.floor(left / 60))} min` : `${Math.floor(left / 3600)} h`;
  return `Open until ${clock(ends)}, ${span} left`;
}

function windowLine(number, ends, now) {
  const open = ends > now;
  const turn = button("quiet", open ? "Close" : "Open", () => settle({ window_open: !open, phone_number_id: number.id }));
  turn.setAttribute("aria-label", `${open ? "Close" : "Open"} the window of ${number.display}`);
  return element(
    "li",
    open ? "open" : "",
    element("span", "about", element("strong", "", number.display), element("small", "", windowWords(ends, now))),
    turn,
  );
}

function identity(person) {
  const known = [
    ["Number", `+${person.phone}`],
    ["User id (BSUID)", person.user_id],
    ["Identity key hash", person.identity_hash],
  ];
  return known.map(([label, value]) => ({
    key: label,
    look: value,
    make: () =>
      element(
        "div",
        "known",
        element("dt", "", label),
        element("dd", "code", value),
        iconButton("copy", `Copy ${label}`, () => copy(value)),
      ),
  }));
}
