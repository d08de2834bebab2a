/* What can be sent beside text: files, a place, somebody's number. */

import { button, element, toast } from "./dom.js";
import { person, say } from "./here.js";
import { dialog, form, menu } from "./layers.js";
import { size } from "./media.js";
import { title } from "./names.js";

/** What the file chooser offers, by the kind that is sent. */
const CHOICES = {
  media: "image/jpeg,image/png,video/mp4,video/3gpp",
  document: ".pdf,.txt,.doc,.docx,.xls,.xlsx,.ppt,.pptx,application/pdf,text/plain",
  audio: "audio/ogg,audio/mpeg,audio/mp4,audio/aac,audio/amr",
};
const KINDS = { image: "image", video: "video", audio: "audio" };
const LARGEST_MEGABYTES = { image: 5, video: 16, audio: 16, document: 100, sticker: 0.5 };
const WITH_CAPTION = new Set(["image", "video", "document"]);
const HARARE = { latitude: "-17.8292", longitude: "31.0522" };

export function attach(anchor, context) {
  menu(anchor, "Attach", [
    ["image", "Photo or video", () => choose("media", context)],
    ["document", "Document", () => choose("document", context)],
    ["audio", "Voice note or audio", () => choose("audio", context)],
    ["smile", "Sticker", () => choose("sticker", context)],
    ["place", "Location", () => askForPlace(context)],
    ["contact", "Contact", () => askForContact(context)],
  ]);
}

function choose(what, context) {
  const input = element("input");
  input.type = "file";
  input.accept = CHOICES[what] || "image/webp";
  input.addEventListener("change", () => {
    if (input.files[0]) preview(input.files[0], what, context);
  });
  input.click();
}

const kindOf = (file, what) => (what in CHOICES && what !== "document" ? KINDS[file.type.split("/")[0]] || "document" : what);

/** `what` is how the person chose it; a file that was dropped is what its type says. */
export function preview(file, what, context) {
  const kind = kindOf(file, what);
  if (file.size > LARGEST_MEGABYTES[kind] * 1024 * 1024) {
    toast(`WhatsApp carries at most ${LARGEST_MEGABYTES[kind]} MB of this kind; ${file.name} has ${size(file.size)}`, true);
    return;
  }
  const address = URL.createObjectURL(file);
  const made = element("form", "dialog-form", shown(kind, file, address));
  const caption = element("input", "input");
  Object.assign(caption, { placeholder: "Add a caption", maxLength: 1024, autocomplete: "off" });
  caption.setAttribute("aria-label", "Caption");
  const send = element("button", "strong", "Send");
  made.append(WITH_CAPTION.has(kind) ? caption : "", element("div", "row end", button("quiet", "Cancel", () => close()), send));
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    if (await sendFile(file, kind, caption.value.trim(), context())) close();
    send.disabled = false;
  });
  const close = dialog(`Send to the business`, "previewing", made, () => URL.revokeObjectURL(address));
  (WITH_CAPTION.has(kind) ? caption : send).focus();
}

function shown(kind, file, address) {
  if (kind === "image" || kind === "sticker") {
    const picture = element("img", "preview");
    picture.src = address;
    picture.alt = file.name;
    return picture;
  }
  if (kind === "video" || kind === "audio") {
    const made = element(kind, "preview");
    made.src = address;
    made.controls = true;
    return made;
  }
  return element("p", "preview file", element("strong", "", file.name), element("small", "soft", size(file.size)));
}

async function sendFile(file, kind, caption, context) {
  const content = { data: await base64(file), mime_type: file.type || "application/octet-stream" };
  if (caption) content.caption = caption;
  if (kind === "document") content.filename = file.name;
  return say(kind, content, context);
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}

/** `context` is a function, or the message that asks for the place. */
export function askForPlace(context) {
  const fields = [
    { name: "name", label: "Name", placeholder: "First Street Mall" },
    { name: "address", label: "Address", placeholder: "First Street, Harare" },
    { name: "latitude", label: "Latitude", type: "number", value: HARARE.latitude, required: true },
    { name: "longitude", label: "Longitude", type: "number", value: HARARE.longitude, required: true },
  ];
  form("Send a location", fields, "Send location", ({ name, address, latitude, longitude }) => {
    const place = { latitude: Number(latitude), longitude: Number(longitude) };
    if (name) place.name = name;
    if (address) place.address = address;
    return say("location", place, typeof context === "function" ? context() : context);
  });
}

function askForContact(context) {
  const fields = [
    { name: "name", label: "Name", placeholder: "Rudo", required: true },
    { name: "phone", label: "Number", type: "tel", placeholder: "+263 77 000 0002", required: true },
  ];
  form("Send a contact", fields, "Send contact", ({ name, phone }) => {
    const card = { name: { formatted_name: name, first_name: name.split(" ")[0] }, phones: [{ phone, type: "CELL" }] };
    return say("contacts", [card], context());
  }, `${title(person())} shares it with the business.`);
}
