/* Pictures, films, sounds, files, places and people inside a message. */

import { drawing, element } from "./dom.js";
import { player } from "./audio.js";

const FILE = "M6 2.8h8.2L19 7.6v13.6H6zM14 3v5h5";
const SIGNS = {
  image: ["M4 5h16v14H4z", "m4 16 5-5 4.5 4.5L16 13l4 4", "M15.5 9.2h.01"],
  video: ["M3.5 6h12v12h-12z", "m15.5 10.6 5-2.8v8.4l-5-2.8"],
  document: [FILE],
  audio: ["M12 3.5v10", "M8.6 7v3.6a3.4 3.4 0 0 0 6.8 0V7a3.4 3.4 0 0 0-6.8 0z", "M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5v3"],
  sticker: ["M4 12a8 8 0 1 1 16 0c-4 0-8 4-8 8a8 8 0 0 1-8-8z", "M9 10h.01M15 10h.01"],
};
const GONE = "It could not be loaded";
const UNITS = ["B", "kB", "MB", "GB"];
const TYPES = {
  "application/pdf": "PDF",
  "text/plain": "TXT",
  "application/msword": "DOC",
  "application/vnd.ms-excel": "XLS",
  "application/vnd.ms-powerpoint": "PPT",
};

export const source = (media) => (media.id ? `/phone/media/${encodeURIComponent(media.id)}` : media.link || "");

export function size(bytes) {
  const step = Math.min(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)), UNITS.length - 1);
  const value = bytes / 1000 ** step;
  return `${step && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[step]}`;
}

/** `open(media)` is called for a picture that is clicked. */
export function mediaPart(media, open) {
  if (media.kind === "document") return documentPart(media);
  if (!source(media)) return placeholder(media.kind, "");
  if (media.kind === "audio") return audioPart(media);
  if (media.kind === "video") return watched(film(media), media);
  return picturePart(media, open);
}

function placeholder(kind, words) {
  return element("div", `media none ${kind}`, drawing("0 0 24 24", "sign", ...(SIGNS[kind] || SIGNS.document)), words);
}

/** Gives way to a note when the browser cannot load it. */
function watched(made, media) {
  const gone = () => made.replaceWith(placeholder(media.kind, element("span", "", GONE)));
  made.addEventListener("error", gone, { once: true, capture: true });
  return made;
}

function picturePart(media, open) {
  const picture = element("img");
  picture.alt = media.kind === "sticker" ? "Sticker" : "Photo";
  picture.src = source(media);
  picture.draggable = false;
  if (media.kind === "sticker" || !open) return watched(element("div", `media ${media.kind}`, picture), media);
  const made = element("button", "media image", picture);
  made.type = "button";
  made.setAttribute("aria-label", "Open the photo");
  made.addEventListener("click", () => open(media));
  return watched(made, media);
}

function film(media) {
  const made = element("video", "media video");
  made.controls = true;
  made.preload = "metadata";
  made.src = source(media);
  return made;
}

function audioPart(media) {
  return watched(player(source(media), media.voice === false ? "audio" : "voice message"), media);
}

function documentPart(media) {
  const type = media.mime_type || "";
  const name = media.filename || "Document";
  const ending = TYPES[type] || (/\.(\w{1,5})$/.exec(name)?.[1] || "file").toUpperCase();
  const about = [ending, media.size === undefined ? "" : size(media.size)].filter(Boolean).join(" · ");
  const made = element(
    source(media) ? "a" : "div",
    "media document",
    element("span", `page-sign ${ending.toLowerCase()}`, drawing("0 0 24 24", "sign", FILE), element("b", "", ending)),
    element("span", "about", element("strong", "", name), element("small", "", about)),
  );
  if (source(media)) {
    made.href = source(media);
    made.target = "_blank";
    made.rel = "noreferrer";
  }
  return made;
}

/** Roads that depend on the place alone, so that the same place looks the same. */
function roads(latitude, longitude) {
  const part = (value, scale) => Math.abs(Math.round(value * scale)) % 100;
  const a = part(latitude, 997), b = part(longitude, 991), c = part(latitude + longitude, 983);
  return {
    park: `M${20 + a} -4 h${60 + c / 2} l14 ${26 + b / 4} l-38 ${12 + a / 5} l-${46 + b / 4} -14 z`,
    water: `M-4 ${100 + a / 5} C 60 ${80 + b / 4} 90 ${138 + c / 8} 170 ${112 + a / 8} S 270 ${96 + b / 5} 310 ${120 + c / 6} V 160 H -4 z`,
    lanes: [`M-4 ${24 + a / 3} L304 ${38 + b / 3}`, `M${40 + b} -4 L${18 + c} 150`, `M${150 + c / 2} -4 L${196 + a / 2} 150`, `M250 -4 L${236 + b / 3} 150`],
    main: [`M-4 ${70 + c / 6} C 80 ${58 + a / 6} 190 ${92 + b / 6} 304 ${62 + c / 5}`, `M${96 + a / 3} -4 C ${110 + b / 3} 50 ${80 + c / 3} 90 ${118 + a / 3} 150`],
  };
}

export function locationPart(place) {
  const known = Number.isFinite(Number(place?.latitude)) && place?.latitude !== "";
  const { park, water, lanes, main } = roads(Number(place?.latitude) || 0, Number(place?.longitude) || 0);
  const map = element(
    "div",
    "map",
    drawing("0 0 300 140", "land", park, water),
    drawing("0 0 300 140", "lanes", ...lanes),
    drawing("0 0 300 140", "main", ...main),
    drawing("0 0 24 24", "pin", "M12 21.5s-7-6.6-7-12a7 7 0 0 1 14 0c0 5.4-7 12-7 12z", "M12 7.2a2.5 2.5 0 1 0 .01 0z"),
  );
  for (const svg of map.children) svg.setAttribute("preserveAspectRatio", "xMidYMid slice");
  const where = known ? `${Number(place.latitude).toFixed(5)}, ${Number(place.longitude).toFixed(5)}` : "";
  return element(
    "div",
    "media location",
    map,
    element(
      "div",
      "about",
      place?.name ? element("strong", "", place.name) : null,
      place?.address ? element("small", "", place.address) : null,
      where ? element("small", "where", where) : null,
    ),
  );
}

export function contactPart(contact) {
  const letter = (contact.name || "?").trim().charAt(0).toUpperCase();
  return element(
    "div",
    "contact-card",
    element("span", "round", letter),
    element("span", "about", element("strong", "", contact.name || "Contact"), element("small", "", contact.phone || "")),
  );
}
