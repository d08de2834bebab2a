"use strict";
/* A message as a person sees it; shared by both pages. Texts enter the page as text nodes only. */

const COUNTRY_CODES = ["221", "234", "254", "260", "263", "265", "27", "33", "34", "44", "49", "52", "54", "55", "91", "1"];
const MARKS = /```([\s\S]+?)```|\*([^\s*](?:[^*\n]*[^\s*])?)\*|_([^\s_](?:[^_\n]*[^\s_])?)_|~([^\s~](?:[^~\n]*[^\s~])?)~|(https?:\/\/[^\s]+)|(\{\{[^}]*\}\})/;

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function spell(digits) {
  const code = COUNTRY_CODES.find((found) => digits.startsWith(found)) || "";
  const rest = digits.slice(code.length);
  const groups = rest.length === 9 ? [2, 3, 4] : rest.length === 10 ? [3, 3, 4] : [rest.length];
  let at = 0;
  const parts = groups.map((size) => rest.slice(at, (at += size)));
  return "+" + [code, ...parts].filter(Boolean).join(" ");
}

function clock(seconds, exact) {
  const shape = { hour: "2-digit", minute: "2-digit" };
  if (exact) shape.second = "2-digit";
  return new Date(seconds * 1000).toLocaleTimeString("en-GB", shape);
}

function formatted(text) {
  const whole = document.createDocumentFragment();
  let rest = text;
  while (rest) {
    const found = MARKS.exec(rest);
    if (!found) break;
    whole.append(rest.slice(0, found.index));
    whole.append(marked(found));
    rest = rest.slice(found.index + found[0].length);
  }
  whole.append(rest);
  return whole;
}

function marked([all, mono, bold, italic, strike, link, variable]) {
  if (mono) return element("code", "", mono);
  if (bold) return element("strong", "", formatted(bold));
  if (italic) return element("em", "", formatted(italic));
  if (strike) return element("s", "", formatted(strike));
  if (variable) return element("span", "variable", variable);
  const anchor = element("a", "", link || all);
  anchor.href = link;
  anchor.target = "_blank";
  anchor.rel = "noreferrer";
  return anchor;
}

function unmarked(text) {
  const node = element("span", "", formatted(text));
  return node.textContent.replace(/\s+/g, " ");
}

function toast(text) {
  const shown = document.getElementById("toast");
  shown.textContent = text;
  shown.classList.add("shown");
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => shown.classList.remove("shown"), 1800);
}

async function ask(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body || {}),
  });
  if (!answer.ok) toast((await answer.json()).error || "That did not work");
  return answer.ok;
}

function drawing(box, className, ...paths) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", box);
  svg.setAttribute("class", className);
  for (const [line, shift] of paths) {
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("d", line);
    if (shift) path.setAttribute("transform", `translate(${shift} 0)`);
    svg.append(path);
  }
  return svg;
}

const TICK = "M1 6.5 4.6 10 11 2.5";
const CROSS = "M2 2 10 10M10 2 2 10";
function ticks(status) {
  const two = status === "delivered" || status === "read";
  const lines = status === "failed" ? [[CROSS, 0]] : two ? [[TICK, 0], [TICK, 5]] : [[TICK, 0]];
  const svg = drawing(two ? "0 0 17 12" : "0 0 12 12", `ticks ${status}`, ...lines);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", status);
  return svg;
}

const SIGNS = {
  COPY_CODE: "M9 8h11v12H9zM5 16V4h11",
  URL: "M14 4h6v6M20 4 11 13M18 14v6H4V6h6",
  PHONE_NUMBER: "M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A15 15 0 0 1 3 6a2 2 0 0 1 2-2z",
};
const REPLY = "M10 8V4l-7 7 7 7v-4c5 0 8 2 10 5 0-6-3-11-10-11z";
function sign(kind) {
  const svg = drawing("0 0 24 24", "sign", [SIGNS[kind] || REPLY, 0]);
  svg.setAttribute("aria-hidden", "true");
  return svg;
}
