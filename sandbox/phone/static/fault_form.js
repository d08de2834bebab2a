/* The form that sets a fault, made from what the sandbox says about its kinds. */

import { attempt, element, replace, toast } from "./dom.js";
import { curl } from "./copying.js";
import { kindName, targetName } from "./fault_words.js";
import { entry, explained, field, form, select } from "./forms.js";
import { commandBlock } from "./json.js";
import { fold } from "./pane.js";
import { spoken } from "./words.js";

const TIMES = { 1: "Once", always: "Until it is taken back", count: "Once for all that it collects" };
const CHANCE = ["skip", "every", "probability", "seed"];
const FILTERS = { calls: ["edge", "method"], webhooks: ["event"] };
const LABELS = {
  to: "Person",
  phone_number_id: "Phone number id",
  edge: "Edge",
  method: "Method",
  event: "Event",
  skip: "Let pass first",
  every: "Every nth",
  probability: "Share",
  http_status: "HTTP status",
  retry_after: "Retry-After",
  min_seconds: "Shortest",
  max_seconds: "Longest",
};
const PLACEHOLDERS = { to: "+263771234567, or everybody", phone_number_id: "every number", edge: "every edge", event: "every event" };

export class FaultForm {
  /** `kinds` is the answer of `faults/kinds`. */
  constructor(root, kinds) {
    this.kinds = kinds;
    this.common = Object.fromEntries(kinds.common.map((parameter) => [parameter.name, parameter]));
    this.fields = {};
    const targets = Object.entries(kinds.targets).map(([name, meaning]) => [name, targetName(name), meaning]);
    this.target = explained("What it concerns", targets, "messages", () => this.drawKinds());
    this.kindPlace = element("div");
    this.rest = element("div", "stack");
    this.problem = element("p", "note bad");
    this.problem.hidden = true;
    this.call = element("div");
    const made = form("Set it", () => this.send(), this.target.root, this.kindPlace, this.rest, this.problem, this.call);
    made.addEventListener("input", () => this.changed());
    this.form = made;
    root.append(made);
    this.drawKinds();
  }

  get side() {
    return this.target.input.value === "webhooks" ? "webhooks" : "calls";
  }

  get chosen() {
    return this.kinds.kinds.find(({ kind }) => kind === this.kind.input.value);
  }

  drawKinds(kind) {
    const choices = this.kinds.kinds.filter(({ side }) => side === this.side).map((each) => [each.kind, kindName(each.kind), each.meaning]);
    const before = kind || this.kind?.input.value;
    const wanted = choices.some(([name]) => name === before) ? before : choices[0][0];
    this.kind = explained("What happens", choices, wanted, () => this.drawFields());
    this.kindPlace.replaceChildren(this.kind.root);
    this.drawFields();
  }

  drawFields(given = {}) {
    const { parameters, times } = this.chosen;
    this.fields = {};
    const own = parameters.map((parameter) => this.make(parameter, given));
    const filters = FILTERS[this.side].map((name) => this.make(this.common[name], given));
    const opened = (names) => ({ open: names.some((name) => name in given) });
    const person = this.make(this.common.to, given);
    const number = this.make(this.common.phone_number_id, given);
    const chance = CHANCE.map((name) => this.make(this.common[name], given));
    this.rest.replaceChildren(
      element("div", "fields", ...this.often(times, given.times), person),
      own.length ? element("div", "fields", ...own) : "",
      fold("Only some of them", opened([...FILTERS[this.side], "phone_number_id"]), element("div", "fields", ...filters, number)),
      fold("Not each time", opened(CHANCE), element("div", "fields", ...chance)),
    );
    this.changed();
  }

  often(usual, given) {
    const exact = typeof given === "number";
    const choices = [["", TIMES[usual] || `${usual} times`], ...Object.entries(TIMES).filter(([name]) => name === "always" && name !== usual), ["n", "A number of times"]];
    const how = field("How often", select(choices, exact ? "n" : given || ""));
    const number = field("Times", entry({ type: "number", min: 1, step: 1, value: exact ? given : 2 }));
    number.root.hidden = !exact;
    how.input.addEventListener("change", () => {
      number.root.hidden = how.input.value !== "n";
    });
    this.fields.times = {
      complain: (text) => (number.root.hidden ? how : number).complain(text),
      read: () => (how.input.value === "n" ? Number(number.input.value) : how.input.value || undefined),
    };
    return [how.root, number.root];
  }

  make(parameter, given) {
    const input = inputOf(parameter, given[parameter.name]);
    const made = field(LABELS[parameter.name] || spoken(parameter.name), input, parameter.meaning);
    this.fields[parameter.name] = { complain: made.complain, read: () => readOf(parameter, input) };
    return made.root;
  }

  /** Put a fault's fields into the form. */
  fill(fault) {
    const { target, kind, ...given } = fault;
    this.target.input.value = target;
    this.target.tell();
    this.drawKinds(kind);
    this.drawFields(given);
  }

  wish() {
    const wish = { target: this.target.input.value, kind: this.kind.input.value };
    for (const [name, { read }] of Object.entries(this.fields)) {
      const value = read();
      if (value !== undefined) wish[name] = value;
    }
    return wish;
  }

  changed() {
    const text = curl(`${location.origin}/sandbox/faults`, {}, JSON.stringify(this.wish()));
    replace(this.call, [{ key: "call", look: text, make: () => commandBlock(text, "call") }]);
  }

  async send() {
    const { error } = await attempt("/sandbox/faults", this.wish());
    const [name] = (error || "").split(":");
    const owner = this.fields[name];
    for (const each of Object.values(this.fields)) each.complain("");
    this.problem.hidden = !error || Boolean(owner);
    this.problem.textContent = error || "";
    if (owner) this.complainAt(owner, error.slice(name.length + 1).trim());
    if (!error) toast("It is set");
  }

  complainAt(owner, text) {
    owner.complain(text.charAt(0).toUpperCase() + text.slice(1));
    const place = this.form.querySelector("[aria-invalid='true']");
    const around = place?.closest("details");
    if (around) around.open = true;
    place?.focus();
  }
}

function inputOf(parameter, given) {
  const { name, type, minimum, maximum } = parameter;
  if (parameter.enum) return select([["", "Any"], ...parameter.enum], given ?? "");
  if (type === "boolean") return select([["true", "Yes"], ["false", "No"]], String(given ?? parameter.default));
  const usual = parameter.default === null || parameter.default === "" ? "" : String(parameter.default);
  const input = entry({ value: given ?? "", placeholder: PLACEHOLDERS[name] || usual });
  if (type === "string") return input;
  return Object.assign(input, { type: "number", min: minimum ?? "", max: maximum ?? "", step: type === "integer" ? "1" : "any" });
}

/** Undefined where the default holds. */
function readOf({ type, default: usual }, input) {
  const text = input.value.trim();
  if (type === "boolean") return (text === "true") === usual ? undefined : text === "true";
  if (!text) return undefined;
  return type === "string" ? text : Number(text);
}
