/* Fields with their names, explanations and complaints. */

import { element } from "./dom.js";

let made = 0;

/** Field names of Meta's keep their small letter. */
const sentence = (text) => (/^[a-z]+[ ,:]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text);

/** `{root, input, complain}`: `complain(text)` says what is wrong beside the field, "" takes it back. */
export function field(label, input, help = "") {
  made += 1;
  const note = element("small", "help", sentence(help));
  const wrong = element("small", "wrong");
  wrong.id = `wrong-${made}`;
  wrong.setAttribute("role", "alert");
  input.setAttribute("aria-describedby", wrong.id);
  const root = element("label", "field", element("span", "name", label), input, help && note, wrong);
  return {
    root,
    input,
    note,
    complain(text) {
      wrong.textContent = text;
      input.setAttribute("aria-invalid", String(Boolean(text)));
    },
  };
}

export function entry(attributes = {}) {
  return Object.assign(element(attributes.rows ? "textarea" : "input"), { autocomplete: "off", spellcheck: false }, attributes);
}

/** `choices` are values, or `[value, label]`. */
export function select(choices, chosen) {
  const options = choices.map((choice) => {
    const [value, label] = Array.isArray(choice) ? choice : [choice, choice];
    return Object.assign(element("option", "", label), { value });
  });
  const root = element("select", "", ...options);
  if (chosen !== undefined) root.value = chosen;
  return root;
}

/** A select that explains what is chosen; `choices` are `[value, label, meaning]`. */
export function explained(label, choices, chosen, onChange = () => {}) {
  const whole = field(label, select(choices, chosen), " ");
  const tell = () => {
    whole.note.textContent = choices.find(([value]) => value === whole.input.value)?.[2] || "";
  };
  whole.input.addEventListener("change", () => {
    tell();
    onChange(whole.input.value);
  });
  tell();
  return { ...whole, tell };
}

export function check(label, checked, onChange, help = "") {
  const input = Object.assign(element("input"), { type: "checkbox", checked });
  if (onChange) input.addEventListener("change", () => onChange(input.checked));
  const words = element("span", "", element("span", "name", label), help && element("small", "help", help));
  return { root: element("label", "check", input, words), input };
}

/** A large field for JSON; `examples` are `{title, value}` and can be chosen above it. */
export function jsonEditor(label, examples, rows = 14) {
  const text = entry({ rows });
  const whole = field(label, text);
  const spelled = ({ value }) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
  const put = (example) => {
    text.value = spelled(example);
    whole.complain("");
  };
  const picker = select(examples.map(({ title }, place) => [String(place), title]));
  picker.addEventListener("change", () => put(examples[Number(picker.value)]));
  put(examples[0]);
  const read = () => {
    try {
      return { value: JSON.parse(text.value) };
    } catch (error) {
      return { problem: `This is not JSON yet: ${error.message}` };
    }
  };
  const chooser = examples.length > 1 && field("Begin with", picker).root;
  return { root: element("div", "editor", chooser, whole.root), input: text, complain: whole.complain, read };
}

/** Runs `act` when the form is sent, and keeps its button quiet meanwhile. */
export function form(label, act, ...children) {
  const send = Object.assign(element("button", "strong", label), { type: "submit" });
  const root = element("form", "stack", ...children, element("div", "row end", send));
  root.noValidate = true;
  root.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    await act().finally(() => {
      send.disabled = false;
    });
  });
  return root;
}
