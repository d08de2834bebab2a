/* JSON for reading: in lines, in colours, with a button that copies what came. */

import { element } from "./dom.js";
import { copyButton } from "./copying.js";

const TOKEN = /"(?:\\.|[^"\\])*"|true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[{}[\],:]/g;
const STEP = "  ";
/** Beyond this length colours cost more than they help. */
const LONGEST_COLOURED = 200_000;

function valid(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The same tokens in lines of their own: escapes and long numbers stay as they were sent. Other text stays as it is. */
export function indented(text) {
  if (!valid(text)) return text;
  let depth = 0;
  let before = "";
  const parts = [];
  for (const [token] of text.matchAll(TOKEN)) {
    const closes = token === "}" || token === "]";
    if (closes) depth -= 1;
    const empty = closes && (before === "{" || before === "[");
    if ((closes && !empty) || (!closes && "{[,".includes(before) && before)) parts.push("\n", STEP.repeat(depth));
    parts.push(token === ":" ? ": " : token);
    if (token === "{" || token === "[") depth += 1;
    before = token;
  }
  return parts.join("");
}

const COLOURS = [
  [/^"/, "j-text"],
  [/^(?:true|false|null)$/, "j-word"],
  [/^[-\d]/, "j-number"],
];

function classOf(token, isKey) {
  if (isKey) return "j-key";
  return COLOURS.find(([pattern]) => pattern.test(token))?.[1];
}

/** Indented JSON in colours; whatever is no JSON comes as it is. */
export function coloured(text) {
  const whole = document.createDocumentFragment();
  if (text.length > LONGEST_COLOURED || !valid(text)) {
    whole.append(text);
    return whole;
  }
  let end = 0;
  for (const found of text.matchAll(TOKEN)) {
    const next = found.index + found[0].length;
    const name = classOf(found[0], text[next] === ":");
    if (!name) continue;
    whole.append(text.slice(end, found.index), element("span", name, found[0]));
    end = next;
  }
  whole.append(text.slice(end));
  return whole;
}

/** A block to read; what is copied is the text as it came. */
export function jsonBlock(text, name = "JSON") {
  const block = element("pre", "block exact", coloured(indented(text)));
  block.tabIndex = 0;
  block.setAttribute("aria-label", name);
  return element("div", "copied-block", block, copyButton(() => text, `Copy ${name}`));
}

/** The same for something to type into a terminal. */
export function commandBlock(text, name = "command") {
  const block = element("pre", "block exact", text);
  block.tabIndex = 0;
  block.setAttribute("aria-label", name);
  return element("div", "copied-block", block, copyButton(() => text, `Copy the ${name}`));
}
