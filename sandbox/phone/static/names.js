/* How people and numbers are written, and the circle beside a name. */

import { drawing, element } from "./dom.js";

const COUNTRY_CODES = ["221", "234", "254", "260", "263", "265", "27", "33", "34", "44", "49", "52", "54", "55", "91", "1"];
const GROUPS = { 9: [2, 3, 4], 10: [3, 3, 4], 11: [3, 4, 4] };
const COLOURS = 6;
const SILHOUETTE = "M12 12.2a4.1 4.1 0 1 0 0-8.2 4.1 4.1 0 0 0 0 8.2zM3.8 21a8.2 8.2 0 0 1 16.4 0z";

/** "263771234567" to "+263 77 123 4567". */
export function spell(digits) {
  const code = COUNTRY_CODES.find((found) => digits.startsWith(found)) || "";
  const rest = digits.slice(code.length);
  let from = 0;
  const parts = (GROUPS[rest.length] || [rest.length]).map((length) => rest.slice(from, (from += length)));
  return `+${[code, ...parts].filter(Boolean).join(" ")}`;
}

/** The name that somebody gave, not the one that the sandbox made up. */
export const given = (person) => (person.name === `Phone ${person.phone.slice(-4)}` ? "" : person.name);

export const title = (person) => given(person) || spell(person.phone);

export function avatar(person) {
  const name = given(person);
  const letters = name.split(/\s+/).filter(Boolean).map((word) => [...word][0]);
  const initials = [letters[0], letters.length > 1 ? letters[letters.length - 1] : ""].join("").toUpperCase();
  const made = element("span", `avatar of-${Number(person.phone.slice(-4)) % COLOURS}`);
  made.append(name ? initials : drawing("0 0 24 24", "silhouette", SILHOUETTE));
  made.setAttribute("aria-hidden", "true");
  return made;
}
