/* Buttons that copy, and lines of a name, a value and such a button. */

import { button, copy, drawing, element } from "./dom.js";

const SHEETS = ["M9 8h11v12H9z", "M5 16V4h11"];

export function copyButton(read, label) {
  const made = button("icon copier", drawing("0 0 24 24", "sign", ...SHEETS), () => copy(read()));
  made.setAttribute("aria-label", label);
  made.title = label;
  return made;
}

export function copyLine(name, value) {
  const shown = element("code", "line-value", value || "—");
  return element("div", "line", element("dt", "", name), element("dd", "", shown, value && copyButton(() => value, `Copy ${name}`)));
}

/** Text for a POSIX shell, as one word. */
export const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** `headers` in their order; the body goes out byte by byte. */
export function curl(url, headers, body, method = "POST") {
  const lines = [`curl ${method === "POST" ? "" : `-X ${method} `}${quoted(url)}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body) lines.push(`--data-binary ${quoted(body)}`);
  return lines.join(" \\\n  ");
}
