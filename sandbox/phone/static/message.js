/* The look of one message, as a phone draws it: in a chat, and as the preview of a template. */

import { drawing, element } from "./dom.js";
import { contactPart, locationPart, mediaPart } from "./media.js";
import { formatted } from "./text.js";

export { formatted };

const REPLY = "M10 8V4l-7 7 7 7v-4c5 0 8 2 10 5 0-6-3-11-10-11z";
const COPY = "M9 8h11v12H9zM5 16V4h11";
const LIST = "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01";
const SIGNS = {
  COPY_CODE: COPY,
  OTP: COPY,
  URL: "M14 4h6v6M20 4 11 13M18 14v6H4V6h6",
  PHONE_NUMBER: "M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a2 2 0 0 1-2 2A15 15 0 0 1 3 6a2 2 0 0 1 2-2z",
  FLOW: "M5 4h14v16H5zM9 9h6M9 13h6",
  LOCATION_REQUEST: "M12 21s-7-6.6-7-12a7 7 0 0 1 14 0c0 5.4-7 12-7 12zM12 7a2.5 2.5 0 1 0 .01 0z",
  CONTACT_REQUEST: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
  LIST,
  ALL: LIST,
};
/** A phone shows so many buttons; of more it shows two and a button for all. */
const SHOWN_BUTTONS = 3;

/** The label is what WhatsApp writes where the template has none. */
export const labelOf = (button) => button.text || (button.type === "COPY_CODE" ? "Copy offer code" : "Button");

export const signOf = (button) => drawing("0 0 24 24", "sign", SIGNS[button.type] || REPLY);

/**
 * The inside of a bubble. Everything may be left out; `list` is `{button, sections}`.
 * `onTap(button, place)` is called with the tapped button and its place among the buttons: `{type: "LIST", list}` and
 * -1 for a list, `{type: "ALL", buttons}` and -1 where a phone has no room for all; without `onTap` nothing can be tapped.
 * `above` stands over everything, `below` (the time) at the end of the last line, `onOpen(media)` opens a picture.
 */
export function messagePaper(look, { onTap, onOpen, above, below } = {}) {
  const main = element("div", "paper-main", above);
  const seen = Boolean(look.header || look.body || look.footer || look.contacts?.length || look.location || look.list);
  if (look.media) main.append(mediaPart(look.media, onOpen));
  if (look.location) main.append(locationPart(look.location));
  if (look.header) main.append(element("div", "head", formatted(look.header)));
  if (look.body) main.append(element("div", "text", formatted(look.body)));
  for (const contact of look.contacts || []) main.append(contactPart(contact));
  if (look.footer) main.append(element("div", "foot", look.footer));
  if (below) endOf(main, look).append(below);
  const paper = element("div", "paper", main, ...taps(look, onTap));
  if (look.media) paper.classList.add(`with-${look.media.kind}`);
  if (look.media && !seen) paper.classList.add("alone");
  return paper;
}

function endOf(main, look) {
  const last = main.lastElementChild;
  return last && (look.footer || look.body) && !look.contacts?.length ? last : main;
}

function taps(look, onTap) {
  const all = look.buttons || [];
  const fits = all.length <= SHOWN_BUTTONS || !onTap;
  const made = (fits ? all : all.slice(0, SHOWN_BUTTONS - 1)).map((button, place) => tap(button, place, onTap));
  if (!fits) made.push(tap({ type: "ALL", text: "See all options", buttons: all }, -1, onTap));
  if (look.list) made.push(tap({ type: "LIST", text: look.list.button, list: look.list }, -1, onTap));
  return made;
}

export function tap(button, place, onTap) {
  const made = element(onTap ? "button" : "div", "tap", signOf(button), element("span", "", formatted(labelOf(button))));
  made.dataset.kind = button.type;
  if (!onTap) return made;
  made.type = "button";
  made.addEventListener("click", () => onTap(button, place));
  return made;
}
