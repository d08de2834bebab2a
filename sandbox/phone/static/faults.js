/* What goes wrong on request: the faults that are set, presets, situations and the form. */

import { ask, at, button, element, replace, toast } from "./dom.js";
import { FaultForm } from "./fault_form.js";
import { RECIPES } from "./fault_recipes.js";
import { details, kindName, schedule, targetName } from "./fault_words.js";
import { live } from "./live.js";
import { plural } from "./words.js";

let meanings = {};
let usual = {};

async function load() {
  const found = await ask("/sandbox/faults");
  if (!found) return;
  const { faults } = found;
  replace(at("active"), faults.map((fault) => ({ key: String(fault.id), look: JSON.stringify(fault), make: (old) => card(fault, old) })));
  at("calm").hidden = faults.length > 0;
  at("remove-all").hidden = faults.length < 2;
}

/** What can be pressed stays the same element while the counts run on. */
function card(fault, old) {
  const made = old || frame(fault);
  const [tone, words] = fault.left === 0 ? ["", "done"] : fault.used ? ["bad", "acting"] : ["wait", "waits"];
  made.className = `card fault${fault.left === 0 ? " over" : ""}`;
  made.querySelector(".state").replaceChildren(element("span", `pill ${tone}`, words));
  made.querySelector(".counted").replaceChildren(meter(fault));
  return made;
}

function frame(fault) {
  const remove = button("icon", "×", () => take(`/sandbox/faults/${fault.id}`));
  remove.setAttribute("aria-label", `Take back: ${kindName(fault.kind)}`);
  remove.title = "Take it back";
  const chips = [element("span", "chip", targetName(fault.target)), ...details(fault).map(([words, filter]) => element("span", filter ? "chip only" : "chip", words))];
  return element("li", "",
    element("div", "row", element("h3", "grow", kindName(fault.kind)), element("span", "state"), remove),
    element("p", "soft", meanings[fault.kind] || ""),
    element("div", "row chips", ...chips),
    element("p", "schedule", schedule(fault)),
    element("div", "counted"));
}

function meter(fault) {
  const parts = [`seen ${fault.seen}`, `acted ${fault.used}`, fault.left === "always" ? "no end" : `${fault.left} left`];
  const words = element("p", "soft tally", parts.join(" · "));
  if (fault.left === "always") return words;
  const bar = Object.assign(element("progress"), { max: fault.times, value: fault.used });
  bar.setAttribute("aria-label", `acted ${fault.used} of ${plural(fault.times, "time")}`);
  return element("div", "meter", bar, words);
}

async function take(path) {
  const found = await ask(path, undefined, "DELETE");
  if (found) toast(found.removed.length === 1 ? "Taken back" : `${plural(found.removed.length, "fault")} taken back`);
}

function presetCard(preset) {
  const parts = preset.faults.map((fault) => element("li", "", element("b", "", kindName(fault.kind)), ` ${targetName(fault.target).toLowerCase()}, ${schedule({ times: usual[fault.kind], ...fault })}`));
  const start = button("strong", "Start", async () => {
    const seed = Number(at("seed").value);
    const found = await ask(`/sandbox/faults/preset/${preset.name}`, { seed });
    if (found) toast(`${plural(found.faults.length, "fault")} set, seed ${seed}`);
  });
  start.setAttribute("aria-label", `Start ${preset.name}`);
  const name = element("h3", "grow", preset.name.replaceAll("-", " ").replace("meta", "Meta"));
  return element("li", "card preset", element("div", "row", name, start), element("p", "", preset.meaning), element("ul", "soft parts", ...parts));
}

function recipe({ title, text, fault }, form) {
  const made = button("recipe", element("b", "", title), () => {
    form.fill(fault);
    form.form.querySelector("button[type='submit']").focus();
    at("form-title").scrollIntoView({ block: "nearest" });
  });
  made.append(element("span", "soft", text));
  return element("li", "", made);
}

async function start() {
  const kinds = await ask("/sandbox/faults/kinds");
  if (!kinds) return setTimeout(start, 1000);
  meanings = Object.fromEntries(kinds.kinds.map(({ kind, meaning }) => [kind, meaning]));
  usual = Object.fromEntries(kinds.kinds.map(({ kind, times }) => [kind, times]));
  const form = new FaultForm(at("form"), kinds);
  at("recipes").append(...RECIPES.map((each) => recipe(each, form)));
  at("presets").append(...kinds.presets.map(presetCard));
  live(load);
}

at("remove-all").addEventListener("click", () => take("/sandbox/faults"));
start();
