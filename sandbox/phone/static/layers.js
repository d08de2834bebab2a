/* What opens over the page: menus beside a button, and dialogs. Both close with Escape and a click elsewhere. */

import { button, element } from "./dom.js";
import { icon, iconButton } from "./icons.js";

const GAP = 6;
const EDGE = 10;

/** Shows `content` beside `anchor`; it lives outside of what changes, so it stays while the page is redrawn. */
export function popover(anchor, className, content, { label = "", closed = () => {} } = {}) {
  const made = element("div", `layer ${className}`, content);
  made.popover = "auto";
  if (label) {
    made.setAttribute("role", "dialog");
    made.setAttribute("aria-label", label);
  }
  document.body.append(made);
  made.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    made.remove();
    closed();
  });
  made.showPopover();
  settle(made, anchor.getBoundingClientRect());
  return made;
}

function settle(made, beside) {
  const box = made.getBoundingClientRect();
  const below = beside.bottom + GAP + box.height < innerHeight - EDGE;
  const top = below ? beside.bottom + GAP : Math.max(EDGE, beside.top - GAP - box.height);
  const left = beside.left + box.width > innerWidth - EDGE ? beside.right - box.width : beside.left;
  made.style.top = `${Math.min(top, Math.max(EDGE, innerHeight - EDGE - box.height))}px`;
  made.style.left = `${Math.min(Math.max(left, EDGE), innerWidth - EDGE - box.width)}px`;
}

/** `rows` are `[sign, label, act]`, an act may be an address. */
export function menu(anchor, label, rows) {
  const list = element("div", "menu-rows", ...rows.map(([sign, text, act]) => menuRow(sign, text, act)));
  const made = popover(anchor, "menu", list);
  made.setAttribute("aria-label", label);
  list.setAttribute("role", "menu");
  list.addEventListener("click", () => made.hidePopover());
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...list.children];
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
  });
  list.firstElementChild.focus();
  return made;
}

function menuRow(sign, text, act) {
  let made;
  if (typeof act === "string") {
    made = element("a", "menu-row", icon(sign), text);
    made.href = act;
  } else {
    made = button("menu-row", icon(sign), act);
    made.append(text);
  }
  made.setAttribute("role", "menuitem");
  return made;
}

/** A dialog with a heading; `done` is called once, however it closes. Returns a function that closes it. */
export function dialog(title, className, ...content) {
  const made = element("dialog", `dialog ${className}`);
  const close = () => made.close();
  const heading = element("header", "", element("h2", "", title), iconButton("close", "Close", close));
  made.append(heading, ...content);
  made.setAttribute("aria-label", title);
  made.addEventListener("close", () => made.remove());
  made.addEventListener("click", (event) => {
    if (event.target === made) close();
  });
  document.body.append(made);
  made.showModal();
  return close;
}

/** Asks for some texts: `fields` are `{name, label, value, type, placeholder, required, hint, long}`; `act(values)`
 * returns something false where the dialog is to stay open. */
export function form(title, fields, label, act, note = "") {
  const made = element("form", "dialog-form", note ? element("p", "soft", note) : null, ...fields.map(fieldOf));
  const submit = element("button", "strong", label);
  submit.type = "submit";
  made.append(element("div", "row end", button("quiet", "Cancel", () => close()), submit));
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    const kept = await act(Object.fromEntries(new FormData(made)));
    submit.disabled = false;
    if (kept) close();
  });
  const close = dialog(title, "asking", made);
  made.querySelector("input, textarea")?.select();
}

function fieldOf({ name, label, value = "", type = "text", placeholder = "", required = false, hint = "", long, pattern }) {
  const input = element(long ? "textarea" : "input");
  if (!long) input.type = type;
  if (type === "number") input.step = "any";
  if (long) input.rows = 4;
  if (pattern) input.pattern = pattern;
  Object.assign(input, { name, value, placeholder, required, autocomplete: "off" });
  return element("label", "field", label, input, hint ? element("small", "", hint) : null);
}
