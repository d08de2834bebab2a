/* What one should know of the person before wondering: one line each, with the way out of it. */

import { at, button, element, replace } from "./dom.js";
import { settle } from "./here.js";
import { nameOf } from "./codes.js";
import { title } from "./names.js";

/** When it is told, the words, the button and what it sets. */
const BANNERS = [
  [(person, count) => person.fail === 131026 && !count, () => "Nobody uses this number any more: what is sent to it fails.", "", null],
  [(person) => person.offline, (name) => `${name}’s phone is off. Messages wait at one tick.`, "Switch on", { offline: false }],
  [
    (person) => person.refuse,
    (name, person) => `Sends are refused with ${person.refuse}, ${nameOf(person.refuse)}.`,
    "Accept again",
    { refuse: 0 },
  ],
  [
    (person, count) => person.fail && (person.fail !== 131026 || count),
    (name, person) => `Accepted messages fail with ${person.fail}, ${nameOf(person.fail)}.`,
    "Deliver again",
    { fail: 0 },
  ],
];

export function showBanners({ person, messages }) {
  const told = BANNERS.filter(([when]) => when(person, messages.length));
  const wanted = told.map(([, words, label, fields]) => {
    const text = words(title(person), person);
    return { key: text, look: person.phone, make: () => line(text, label, fields) };
  });
  replace(at("banners"), wanted);
}

function line(text, label, fields) {
  return element("p", "banner", element("span", "", text), label ? button("quiet", label, () => settle(fields)) : null);
}
