/* One template with everything that can happen to it. */

import { ask, button, element, replace, toast } from "./dom.js";
import { curl } from "./copying.js";
import { explained } from "./forms.js";
import { commandBlock, jsonBlock } from "./json.js";
import { messagePaper } from "./message.js";
import { facts, fold, section } from "./pane.js";
import { sure } from "./question.js";
import { CATEGORIES, SCORES, possible, toneOf } from "./template_acts.js";
import { exampleSend, lookOf } from "./template_looks.js";
import { exact, plural, spoken } from "./words.js";

export const pill = (template) => element("span", `pill ${toneOf(template.status)}`, spoken(template.status));

async function act(template, name, body = {}) {
  const done = await ask(`/sandbox/templates/${template.name}/${name}`, { language: template.language, ...body });
  if (done) toast(`${template.name}: ${name === "delete" ? "deleted" : spoken(done.templates[0].status).toLowerCase()}`);
  return done;
}

export const quickAct = act;

/** Fills the pane; parts that have not changed stay, with what is chosen and open in them. */
export function fillTemplate(side, template, { filled, account, close }) {
  const standing = [template.status, template.rejected_reason, template.quality, template.pauses, template.category, template.correct_category, template.updated];
  const parts = [
    ["preview", JSON.stringify([template.components, filled]), () => section("", preview(template, filled))],
    ["facts", JSON.stringify(standing), () => section("", notice(template), about(template))],
    ["acts", JSON.stringify([template.status, account.webhook_url]), () => acts(template, account)],
    ["category", JSON.stringify([template.category, template.correct_category]), () => section("Category", categoryForm(template))],
    ["quality", template.quality, () => section("Quality", qualityForm(template))],
    ["send", JSON.stringify([template.components, account.access_token]), () => section("Send it", commandBlock(sendCommand(template, account)))],
    ["json", JSON.stringify(template.components), (old) => section("", fold("Components as JSON", old?.querySelector("details"), jsonBlock(JSON.stringify(template.components), "components")))],
    ["delete", template.id, () => section("", element("div", "row", deletion(template, close)))],
  ];
  replace(side.body, parts.map(([key, look, make]) => ({ key: `${template.id} ${key}`, look, make })));
}

/** Where it is cut off it fades out. */
export function preview(template, filled) {
  const clip = element("div", "clip", element("div", "bubble", messagePaper(lookOf(template, filled))));
  requestAnimationFrame(() => clip.classList.toggle("long", clip.scrollHeight > clip.clientHeight + 1));
  return element("div", "papered stage", clip);
}

/** What stands in its way, or is to come. */
export function notice(template) {
  if (template.status === "REJECTED") return element("p", "note bad", `Rejected: ${spoken(template.rejected_reason)}`);
  if (template.correct_category) return element("p", "note wait", `Becomes ${spoken(template.correct_category).toLowerCase()} a day after it was announced`);
  if (template.status === "PAUSED") return element("p", "note wait", `Paused for low quality, for the ${template.pauses === 1 ? "first time: 3 hours" : "second time: 6 hours"}`);
  return null;
}

function webhooksOf(template) {
  const link = element("a", "small", "Its webhooks");
  link.href = `/webhooks?wamid=${template.id}`;
  return link;
}

const about = (template) => facts([
  ["Language", template.language],
  ["Id", element("span", "", element("code", "", template.id), " ", webhooksOf(template))],
  ["Pauses", template.pauses ? plural(template.pauses, "pause") : ""],
  ["Category before", template.previous_category && spoken(template.previous_category)],
  ["Variables", template.parameter_format === "NAMED" ? "by name" : ""],
  ["Lives", template.message_send_ttl_seconds ? `${template.message_send_ttl_seconds} s` : ""],
  ["Last update", exact(template.updated)],
]);

function acts(template, account) {
  const rows = possible(template).map((each) => actRow(template, each));
  const silent = !account.webhook_url && element("p", "soft small", "No webhook address is set, so nobody is told.");
  return section("What Meta can do", element("ul", "acts", ...rows), silent);
}

function actRow(template, { act: name, label, does, tells, choose }) {
  const chooser = choose && explained(choose[1], choose[2], "INVALID_FORMAT");
  const made = button("quiet", label, () => act(template, name, chooser ? { [choose[0]]: chooser.input.value } : {}));
  const words = element("div", "grow", element("p", "", does), element("p", "soft small", element("code", "", tells)));
  return element("li", "act", element("div", "row act-head", words, made), chooser?.root);
}

function categoryForm(template) {
  const chooser = explained("Meta moves it to", CATEGORIES, template.category);
  const when = explained("When", [
    ["", "At once", "template_category_update tells the one before and the new one."],
    ["day", "In a day", "template_category_update announces it now, and tells it again when it happens."],
  ], "");
  const change = button("quiet", "Change", () => act(template, "category", { category: chooser.input.value, announced: Boolean(when.input.value) }));
  return element("div", "stack", element("div", "fields", chooser.root, when.root), element("div", "row end", change));
}

function qualityForm(template) {
  const chooser = explained("People's opinion", SCORES, template.quality);
  const change = button("quiet", "Change", () => act(template, "quality", { score: chooser.input.value }));
  return element("div", "stack", chooser.root, element("div", "row end", element("code", "grow soft small", "message_template_quality_update"), change));
}

function sendCommand(template, account) {
  const url = `${location.origin}/v25.0/${account.numbers[0].id}/messages`;
  const headers = { Authorization: `Bearer ${account.access_token}`, "Content-Type": "application/json" };
  return curl(url, headers, JSON.stringify(exampleSend(template), null, 2));
}

function deletion(template, close) {
  return button("quiet danger", "Delete", async () => {
    const text = `${template.name} in ${template.language} goes, and the webhook tells DELETED. A name that was approved stays locked for 30 days.`;
    if ((await sure("Delete this template?", text, "Delete")) && (await act(template, "delete"))) close();
  });
}
