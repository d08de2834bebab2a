/* The templates: filters, cards, and one of them beside the page. */

import { ask, at, button, element, replace } from "./dom.js";
import { curl } from "./copying.js";
import { commandBlock } from "./json.js";
import { live } from "./live.js";
import { pane } from "./pane.js";
import { possible, qualityTone, CATEGORIES, SCORES } from "./template_acts.js";
import { showTemplateForm } from "./template_form.js";
import { fillTemplate, notice, pill, preview, quickAct } from "./template_pane.js";
import { moment, plural, spoken } from "./words.js";

const SHOWN_ACTS = 2;
const side = pane(() => choose(""));
let templates = [];
let account = null;
let chosen = "";
let filled = localStorage.getItem("templates-filled") === "yes";

async function load() {
  const [found, credentials] = await Promise.all([ask("/sandbox/templates"), ask("/sandbox/account")]);
  if (!found || !credentials) return;
  templates = found.templates.sort((one, other) => other.updated - one.updated || Number(other.id) - Number(one.id));
  account = credentials;
  render();
}

function render() {
  fillStatuses();
  const shown = templates.filter(fits);
  replace(at("cards"), shown.map((template) => ({
    key: template.id,
    look: JSON.stringify([template, filled]),
    make: (old) => card(template, old),
  })));
  for (const each of at("cards").children) each.toggleAttribute("aria-current", each.dataset.key === chosen);
  at("filters").hidden = !templates.length;
  at("variables").hidden = !templates.length;
  at("count").textContent = shown.length === templates.length ? plural(shown.length, "template") : `${shown.length} of ${plural(templates.length, "template")}`;
  showEmpty(shown.length);
  const open = templates.find(({ id }) => id === chosen);
  if (open) {
    fillTemplate(side, open, { filled, account, close: side.close });
    paneTitle(open);
  } else if (chosen) side.close();
}

function paneTitle(template) {
  const title = at("pane-title");
  title.replaceChildren(element("span", "cut", template.name), pill(template));
}

function fits(template) {
  const words = at("text").value.trim().toLowerCase();
  const status = at("status").value;
  const category = at("category").value;
  const text = `${template.name} ${template.id} ${template.components.map((part) => part.text || "").join(" ")}`.toLowerCase();
  return (!status || template.status === status) && (!category || template.category === category) && text.includes(words);
}

/** The statuses that there are, with how often. */
function fillStatuses() {
  const counts = {};
  for (const { status } of templates) counts[status] = (counts[status] || 0) + 1;
  const select = at("status");
  const wanted = select.value;
  if (wanted) counts[wanted] ||= 0;
  const choices = [["", "Every status"], ...Object.keys(counts).sort().map((status) => [status, `${spoken(status)} (${counts[status]})`])];
  replace(select, choices.map(([value, label]) => ({
    key: value || "all", look: label, make: () => Object.assign(element("option", "", label), { value }),
  })));
  select.value = wanted;
}

function card(template, old) {
  const name = button("name", template.name, () => open(template.id));
  if (old?.contains(document.activeElement)) requestAnimationFrame(() => name.focus());
  const quality = template.quality !== "UNKNOWN" && element("span", `pill ${qualityTone(template.quality)}`, `${SCORES.find(([score]) => score === template.quality)[1]} quality`);
  const about = element("p", "soft about", [template.language, spoken(template.category), template.pauses && plural(template.pauses, "pause")].filter(Boolean).join(" · "));
  const head = element("div", "title", element("h2", "", name), pill(template));
  const foot = element("div", "row foot-row", ...quickActs(template), element("time", "soft small grow", moment(template.updated)));
  return element("li", "card template", head, element("div", "row", about, quality), notice(template), preview(template, filled), foot);
}

function quickActs(template) {
  return possible(template).slice(0, SHOWN_ACTS).map(({ act, label, does, tells, choose }) => {
    const made = button("quiet tiny", choose ? `${label}…` : label, () => (choose ? open(template.id) : quickAct(template, act)));
    made.title = `${does} Webhook: ${tells}`;
    made.setAttribute("aria-label", `${label} ${template.name}`);
    return made;
  });
}

function showEmpty(shown) {
  const state = templates.length ? "filtered" : "none";
  const empty = at("empty");
  empty.hidden = shown > 0;
  if (shown || empty.dataset.state === state) return;
  empty.dataset.state = state;
  empty.replaceChildren(...(state === "none" ? teaching() : [element("h2", "", "None of them"), element("p", "", "No template fits these filters.")]));
}

function teaching() {
  const headers = { Authorization: `Bearer ${account.access_token}`, "Content-Type": "application/json" };
  const body = {
    name: "order_update", language: "en_US", category: "UTILITY",
    components: [{
      type: "BODY", text: "Hello {{1}}, order {{2}} left our store today. Thank you for shopping with us.",
      example: { body_text: [["Tariro", "A-19"]] },
    }],
  };
  const command = curl(`${location.origin}/v25.0/${account.waba_id}/message_templates`, headers, JSON.stringify(body, null, 2));
  return [
    element("h2", "", "No templates yet"),
    element("p", "", "Create one as at Meta; its review ends a moment later. Or add one above."),
    commandBlock(command),
  ];
}

function choose(id) {
  chosen = id;
  if (account) render();
}

function open(id) {
  side.open();
  side.body.replaceChildren();
  choose(id);
}

function showFilled() {
  at("variables").setAttribute("aria-pressed", String(filled));
}

at("category").append(...[["", "Every category"], ...CATEGORIES].map(([value, label]) => Object.assign(element("option", "", label), { value })));
for (const id of ["text", "status", "category"]) at(id).addEventListener("input", render);
at("filters").addEventListener("submit", (event) => event.preventDefault());
at("variables").addEventListener("click", () => {
  filled = !filled;
  localStorage.setItem("templates-filled", filled ? "yes" : "no");
  showFilled();
  render();
});
at("add").addEventListener("click", () => {
  choose("");
  showTemplateForm(side, () => account, async (id) => {
    await refresh();
    open(id);
  });
});
showFilled();
const refresh = live(load);
