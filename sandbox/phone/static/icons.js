/* The signs on buttons, each in a square of 24. */

import { drawing, element } from "./dom.js";

const SIGNS = {
  add: ["M12 5v14M5 12h14"],
  back: ["m14.5 5-7 7 7 7"],
  close: ["m6 6 12 12M18 6 6 18"],
  copy: ["M9 8h11v12H9z", "M5 16V4h11"],
  down: ["m6 9.5 6 6 6-6"],
  edit: ["M4 20h4L19 9l-4-4L4 16zM13 7l4 4"],
  attach: ["M12 5v14M5 12h14"],
  info: ["M12 3a9 9 0 1 0 .01 0z", "M12 11v5.5M12 7.6v.01"],
  more: ["M12 5.5v.01M12 12v.01M12 18.5v.01"],
  reply: ["M10 8V4l-7 7 7 7v-4c5 0 8 2 10 5 0-6-3-11-10-11z"],
  send: ["M4 12 3 4l18 8-18 8 1-8zm0 0h8"],
  settings: ["M4 7h9M17 7h3M15 5v4M4 12h3M11 12h9M9 10v4M4 17h7M15 17h5M13 15v4"],
  smile: ["M12 3a9 9 0 1 0 .01 0z", "M8.5 14a4.2 4.2 0 0 0 7 0", "M9 9.6v.01M15 9.6v.01"],
  trash: ["M5 7h14M10 7V4.5h4V7M7 7l1 13h8l1-13M10.5 11v5.5M13.5 11v5.5"],
  webhook: ["M9.5 9.5 7 14.2M14.5 9.5a3 3 0 1 0-5 0M4.6 13.4A3 3 0 1 0 9 16.5h6M14.3 9.2l2.9 4.5a3 3 0 1 1-2.6 4.9"],
  image: ["M4 5h16v14H4z", "m4 16 5-5 4.5 4.5L16 13l4 4", "M15.5 9.2v.01"],
  document: ["M6 2.8h8.2L19 7.6v13.6H6z", "M14 3v5h5"],
  audio: ["M8.6 7v3.6a3.4 3.4 0 0 0 6.8 0V7a3.4 3.4 0 0 0-6.8 0z", "M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5v3"],
  video: ["M3.5 6h12v12h-12z", "m15.5 10.6 5-2.8v8.4l-5-2.8"],
  place: ["M12 21s-7-6.6-7-12a7 7 0 0 1 14 0c0 5.4-7 12-7 12z", "M12 6.8a2.3 2.3 0 1 0 .01 0z"],
  contact: ["M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M4.5 20.5a7.5 7.5 0 0 1 15 0"],
  off: ["M12 3.5v8", "M7 6.6a7.6 7.6 0 1 0 10 0"],
  blocked: ["M12 3a9 9 0 1 0 .01 0z", "m5.8 5.8 12.4 12.4"],
};

export const icon = (name) => drawing("0 0 24 24", `icon ${name}`, ...SIGNS[name]);

/** The sign of a kind of message. */
const KINDS = { image: "image", video: "video", audio: "audio", document: "document", sticker: "smile", location: "place", contacts: "contact" };

export const kindIcon = (kind) => (kind in KINDS ? icon(KINDS[kind]) : null);

/** A round button that shows a sign and is called `label`. */
export function iconButton(name, label, act, className = "tool") {
  const made = element("button", className, icon(name));
  made.type = "button";
  made.setAttribute("aria-label", label);
  made.title = label;
  made.addEventListener("click", act);
  return made;
}
