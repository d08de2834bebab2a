/* The small sign that tells how far a message has come. */

import { drawing } from "./dom.js";

const ONE = "m1.2 6.4 3.4 3.4 6.6-7.2";
const TWO = "m6.6 9.2.9.6 6.7-7.2";
const FORMS = {
  accepted: ["0 0 12 12", "M6 1.2a4.8 4.8 0 1 0 .01 0z", "M6 3.4V6l1.8 1.4"],
  sent: ["0 0 12 12", ONE],
  delivered: ["0 0 15 12", ONE, TWO],
  read: ["0 0 15 12", ONE, TWO],
  failed: ["0 0 12 12", "M6 1a5 5 0 1 0 .01 0z", "M6 3.2v3.2M6 8.7v.01"],
};
export const WORDS = {
  accepted: "Accepted",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  failed: "Failed",
};

export function ticks(status) {
  const [box, ...lines] = FORMS[status] || FORMS.accepted;
  const svg = drawing(box, `ticks ${status}`, ...lines);
  svg.removeAttribute("aria-hidden");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", WORDS[status] || status);
  return svg;
}
