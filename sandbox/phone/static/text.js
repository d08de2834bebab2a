/* What people write, with the marks that WhatsApp understands. */

import { element } from "./dom.js";

const OPEN = "(?<![\\p{L}\\p{N}])";
const SHUT = "(?![\\p{L}\\p{N}])";
const between = (mark) => `${OPEN}${mark}([^\\s${mark}](?:[^${mark}\\n]*[^\\s${mark}])?)${mark}${SHUT}`;
const LINK = "(https?:\\/\\/[^\\s<>]*[^\\s<>.,;:!?)\\]'\"*_~])";
/** Each mark with what it makes of what stands between; the first that begins earliest wins. */
const MARKS = [
  [/```([\s\S]+?)```/u, (inner) => element("code", "", inner)],
  [/`([^`\n]+)`/u, (inner) => element("code", "tinted", inner)],
  [new RegExp(between("\\*"), "u"), (inner) => element("strong", "", inline(inner))],
  [new RegExp(between("_"), "u"), (inner) => element("em", "", inline(inner))],
  [new RegExp(between("~"), "u"), (inner) => element("s", "", inline(inner))],
  [new RegExp(LINK, "u"), (address) => anchor(address, address)],
  [/(\{\{[^{}]*\}\})/u, (name) => element("span", "variable", name)],
];
/** What a line begins with, and the block that such neighbours share. */
const LINES = [
  [/^> ?(.*)$/u, "blockquote", "p"],
  [/^[*-] (.+)$/u, "ul", "li"],
  [/^\d{1,3}\. (.+)$/u, "ol", "li"],
];

const BLOCKS = "blockquote, ul, ol";

export function anchor(address, label) {
  const made = element("a", "", label);
  made.href = address;
  made.target = "_blank";
  made.rel = "noreferrer";
  return made;
}

function inline(text) {
  const whole = document.createDocumentFragment();
  let rest = text;
  while (rest) {
    const found = MARKS.map(([pattern, make]) => ({ match: pattern.exec(rest), make }))
      .filter(({ match }) => match)
      .sort((one, other) => one.match.index - other.match.index)[0];
    if (!found) break;
    const { match, make } = found;
    whole.append(rest.slice(0, match.index), make(match[1]));
    rest = rest.slice(match.index + match[0].length);
  }
  whole.append(rest);
  return whole;
}

function lineKind(line) {
  for (const [pattern, block, item] of LINES) {
    const match = pattern.exec(line);
    if (match) return { block, item, text: match[1] };
  }
  return null;
}

/** A fragment; lists and quotations are blocks, everything else keeps its line breaks. */
export function formatted(text) {
  const whole = document.createDocumentFragment();
  const plain = [];
  // A block stands apart by itself: the empty line beside it would be a second gap.
  const flush = (before) => {
    if (whole.lastElementChild === whole.lastChild && whole.lastChild?.matches(BLOCKS) && plain[0] === "") plain.shift();
    if (before && plain.length && plain[plain.length - 1] === "") plain.pop();
    if (plain.length) whole.append(inline(plain.splice(0).join("\n")));
  };
  let open = null;
  for (const line of linesOf(text)) {
    const kind = lineKind(line);
    if (!kind) {
      open = null;
      plain.push(line);
      continue;
    }
    flush(true);
    if (open?.localName !== kind.block) {
      open = element(kind.block);
      if (kind.block === "ol") open.start = parseInt(line, 10);
      whole.append(open);
    }
    open.append(element(kind.item, "", inline(kind.text)));
  }
  flush(false);
  return whole;
}

/** Lines, with what stands between triple marks in one piece. */
function linesOf(text) {
  const lines = [];
  for (const line of String(text).split("\n")) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.split("```").length % 2 === 0) lines[lines.length - 1] = `${last}\n${line}`;
    else lines.push(line);
  }
  return lines;
}

/** One line without marks, for lists and quotations. */
export function unmarked(text) {
  return element("span", "", inline(String(text))).textContent.replace(/\s+/g, " ").trim();
}
