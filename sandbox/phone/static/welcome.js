/* What stands where no chat is: how the first message comes about. */

import { at, button, copy, element, replace } from "./dom.js";
import { askForPerson } from "./chat_list.js";
import { iconButton } from "./icons.js";

const FIRST = "+263771234567";
const GRAPH = "v25.0";

/** With spaces, so that a long line breaks between words. */
const spaced = (body) => JSON.stringify(body, null, 1).replace(/\n\s*/g, " ").replace(/([{[]) | ([\]}])/g, "$1$2");
const quoted = (body) => `'${spaced(body).replaceAll("'", "'\\''")}'`;

/** A command that works as it stands. */
export function command({ numbers, token }, body) {
  return [
    `curl ${location.origin}/${GRAPH}/${numbers[0].id}/messages \\`,
    `  -H 'Authorization: Bearer ${token}' \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d ${quoted({ messaging_product: "whatsapp", ...body })}`,
  ].join("\n");
}

function templateCommand(state, to) {
  const components = [{ type: "BODY", text: "Hello from *your* code." }];
  const template = { name: "first_hello", language: "en", category: "UTILITY", components };
  const send = { to, type: "template", template: { name: "first_hello", language: { code: "en" } } };
  return `curl ${location.origin}/sandbox/templates \\\n  -d ${quoted(template)}\n\n${command(state, send)}`;
}

export function codeBlock(text) {
  return element("div", "code-block", element("pre", "block", text), iconButton("copy", "Copy the command", () => copy(text)));
}

export function showWelcome(state) {
  const look = JSON.stringify([state.phones.length > 0, state.token, state.numbers[0]]);
  replace(at("welcome"), [{ key: "welcome", look, make: () => (state.phones.length ? pick() : first(state)) }]);
}

function pick() {
  return element("div", "welcome-card small", element("p", "", "Choose a chat, or add a person."));
}

function first(state) {
  const write = button("strong", "Add a person", () => askForPerson({ phone: FIRST, name: "Tariro" }));
  return element(
    "div",
    "welcome-card",
    element("h2", "", "No messages yet"),
    element("p", "soft", "Here you are the other person: you see what their phone shows, and you answer. Nothing leaves this machine."),
    element(
      "ol",
      "ways",
      element("li", "", element("h3", "", "Your code writes first"), element("p", "soft", "With a template. The first command adds one, the second sends it:"), codeBlock(templateCommand(state, FIRST))),
      element("li", "", element("h3", "", "Or the person does"), element("p", "soft", `Somebody who writes to ${state.business} may get free text for 24 hours.`), write),
    ),
  );
}

const isOpen = ({ person, numbers, now }) => person.windows[numbers[0].id] > now;

/** What the look of the hint depends on. */
export const hintLook = (state) => JSON.stringify([state.person.phone, state.token, state.numbers[0].id, isOpen(state)]);

/** Under a chat in which the business has said nothing yet. */
export function answerHint(state) {
  const to = `+${state.person.phone}`;
  if (!isOpen(state)) {
    const words = "The 24-hour window is closed, so your code may only send a template:";
    return element("div", "hint", element("p", "", words), codeBlock(templateCommand(state, to)));
  }
  const text = command(state, { to, type: "text", text: { body: "Hello" } });
  return element("div", "hint", element("p", "", "Answer from your code:"), codeBlock(text));
}
