/* What the person does with a message: tap, react, answer, mend; and what the developer looks up. */

import { button, copy, element, toast } from "./dom.js";
import { here, message, person, say, tapped } from "./here.js";
import { dialog, form, menu, popover } from "./layers.js";
import { source } from "./media.js";
import { tap } from "./message.js";
import { detailsOf } from "./details.js";
import { askForPlace } from "./attach.js";

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

const TAPS = {
  COPY_CODE: (wamid, { code }) => copy(code, `Code ${code} copied`),
  URL: (wamid, { url }) => window.open(url, "_blank", "noreferrer"),
  PHONE_NUMBER: (wamid, { phone_number }) => toast(`The phone calls ${phone_number}`),
  VOICE_CALL: (wamid) => toast("The phone calls the business on WhatsApp"),
  LIST: (wamid, { list }) => chooseRow(wamid, list),
  ALL: (wamid, { buttons }) => chooseButton(wamid, buttons),
  FLOW: (wamid, pressed) => fillIn(wamid, pressed),
  LOCATION_REQUEST: (wamid) => askForPlace(wamid),
  CONTACT_REQUEST: (wamid) => say("contacts", [ownCard()], wamid),
};

export function act(wamid, pressed, place) {
  const way = TAPS[pressed.type];
  return way ? way(wamid, pressed) : tapped(wamid, { button: place });
}

function ownCard() {
  const { name, phone } = person();
  return { name: { formatted_name: name, first_name: name }, phones: [{ phone: `+${phone}`, wa_id: phone, type: "CELL" }] };
}

function chooseButton(wamid, buttons) {
  const all = buttons.map((each, place) =>
    tap(each, place, () => {
      close();
      act(wamid, each, place);
    }),
  );
  const close = dialog("All options", "choosing", element("div", "rows", ...all));
}

/** As on the phone: choose a row, then send it. */
function chooseRow(wamid, list) {
  const rows = element("form", "rows");
  for (const section of list.sections) {
    if (section.title) rows.append(element("h3", "", section.title));
    rows.append(...(section.rows || []).map(choice));
  }
  const send = element("button", "strong", "Send");
  send.disabled = true;
  rows.append(element("div", "row end", send));
  rows.addEventListener("change", () => (send.disabled = false));
  rows.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await tapped(wamid, { row: new FormData(rows).get("row") })) close();
  });
  const close = dialog(list.button, "choosing", rows);
}

function choice({ id, title, description }) {
  const input = element("input");
  Object.assign(input, { type: "radio", name: "row", value: id });
  const words = element("span", "about", element("strong", "", title), description ? element("small", "", description) : null);
  return element("label", "choice", words, input);
}

function fillIn(wamid, pressed) {
  const flow = { name: "answer", label: "Its answer as JSON", long: true, value: '{"flow_token": "unused"}' };
  form(pressed.text, [flow], "Send answer", ({ answer }) => {
    try {
      JSON.parse(answer);
    } catch {
      toast("That is not JSON", true);
      return null;
    }
    const reply = { name: "flow", body: "Sent", response_json: answer };
    return say("interactive", { type: "nfm_reply", nfm_reply: reply }, wamid);
  }, "The sandbox does not draw the screens of a flow. Write what the person would have filled in.");
}

export function react(anchor, wamid) {
  const current = message(wamid)?.reactions.person;
  const choose = (emoji) => {
    shown.hidePopover();
    say("reaction", { message_id: wamid, emoji });
  };
  const all = EMOJI.map((emoji) => {
    const made = button("emoji", emoji, () => choose(emoji === current ? "" : emoji));
    made.setAttribute("aria-label", emoji === current ? `Take ${emoji} back` : `React with ${emoji}`);
    made.setAttribute("aria-pressed", String(emoji === current));
    return made;
  });
  if (current) all.push(button("quiet", "Remove", () => choose("")));
  const shown = popover(anchor, "emojis", element("div", "row", ...all), { label: "React" });
  all[0].focus();
}

export const reply = (wamid) => here.answer(wamid);

export function details(anchor, wamid) {
  const frame = element("div", "");
  const draw = () => {
    const found = message(wamid);
    if (found) frame.replaceChildren(detailsOf(found));
  };
  draw();
  here.redraws.add(draw);
  popover(anchor, "details", frame, { label: "Message details", closed: () => here.redraws.delete(draw) });
}

export function more(anchor, wamid) {
  const found = message(wamid);
  if (!found) return;
  const mine = !found.outbound && !found.deleted;
  const text = [found.header, found.body, found.footer].filter(Boolean).join("\n");
  const rows = [
    !found.deleted && ["reply", "Reply", () => reply(wamid)],
    !found.deleted && ["smile", "React", () => react(anchor, wamid)],
    text && !found.deleted && ["copy", "Copy text", () => copy(text)],
    mine && found.type === "text" && ["edit", "Edit", () => edit(found)],
    mine && ["trash", "Delete for everyone", () => say("revoke", { original_message_id: wamid })],
    ["info", "Details", () => details(anchor, wamid)],
    ["webhook", "Webhooks", `/webhooks?wamid=${encodeURIComponent(wamid)}`],
  ];
  menu(anchor, "Message", rows.filter(Boolean));
}

function edit({ wamid, body }) {
  const field = { name: "text", label: "Text", long: true, value: body, required: true };
  form("Edit message", [field], "Save", ({ text }) =>
    say("edit", { original_message_id: wamid, message: { type: "text", text: { body: text } } }),
  );
}

export function lookAt(media) {
  const picture = element("img");
  picture.src = source(media);
  picture.alt = "Photo";
  dialog("Photo", "looking", picture);
}

