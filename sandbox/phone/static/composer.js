/* Where the person writes. */

import { at, button, element } from "./dom.js";
import { here, message, say, settle } from "./here.js";
import { icon, iconButton } from "./icons.js";
import { attach, preview } from "./attach.js";
import { title } from "./names.js";
import { unmarked } from "./text.js";

const drafts = new Map();
let writer = "";
let context = "";

/** The message that is answered, once. */
function takeContext() {
  const taken = context;
  answer("");
  return taken;
}

export function startComposer() {
  const text = element("textarea", "writing");
  Object.assign(text, { id: "writing", rows: 1, maxLength: 4096, enterKeyHint: "send" });
  const send = element("button", "send-button", icon("send"));
  send.type = "submit";
  send.setAttribute("aria-label", "Send");
  const number = element("select", "to-number");
  number.id = "to-number";
  number.setAttribute("aria-label", "Number of the business");
  number.addEventListener("change", () => (here.number = number.value));
  const clip = iconButton("attach", "Attach", (event) => attach(event.currentTarget, takeContext));
  const line = element("div", "composer-line", clip, number, text, send);
  const unblock = button("quiet", "Unblock", () => settle({ blocked: false }));
  const blocked = element("div", "composer-blocked", element("span", ""), unblock);
  at("composer").append(element("div", "answering"), line, blocked);
  at("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    sendText(text);
  });
  text.addEventListener("input", () => grow(text));
  text.addEventListener("keydown", (event) => keys(event, text));
  here.answer = answer;
  takeFiles(text);
}

function keys(event, text) {
  if (event.key === "Escape" && context) {
    event.stopPropagation();
    answer("");
  }
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  sendText(text);
}

async function sendText(text) {
  const written = text.value.trim();
  if (!written) return;
  const answered = takeContext();
  text.value = "";
  grow(text);
  if (await say("text", written, answered)) return;
  text.value = text.value || written;
  answer(answered);
  grow(text);
}

function grow(text) {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 140)}px`;
  at("composer").classList.toggle("ready", Boolean(text.value.trim()));
}

/** Files that are dropped on the chat or pasted. */
function takeFiles(text) {
  const chat = at("chat");
  const take = (event, files) => {
    if (!files?.length || here.state.person.blocked) return;
    event.preventDefault();
    preview(files[0], files[0].type === "image/webp" ? "sticker" : "media", takeContext);
  };
  text.addEventListener("paste", (event) => take(event, event.clipboardData.files));
  chat.addEventListener("dragover", (event) => event.preventDefault());
  chat.addEventListener("drop", (event) => take(event, event.dataTransfer.files));
}

function answer(wamid) {
  context = wamid;
  const strip = document.querySelector(".answering");
  const found = wamid && message(wamid);
  if (!found) {
    strip.replaceChildren();
    return;
  }
  const words = unmarked(found.body || found.header) || found.media?.filename || found.media?.kind || found.type;
  const who = found.outbound ? here.state.business : "You";
  const quotation = element("div", `quotation ${found.outbound ? "theirs" : "mine"}`, element("strong", "", who), element("span", "", words));
  strip.replaceChildren(quotation, iconButton("close", "Do not reply to it", () => answer("")));
  at("writing").focus();
}

export function showComposer({ person, numbers }) {
  const text = at("writing");
  if (writer !== person.phone) {
    drafts.set(writer, text.value);
    writer = person.phone;
    text.value = drafts.get(writer) || "";
    answer("");
    grow(text);
  }
  text.placeholder = `Write as ${title(person)}`;
  text.setAttribute("aria-label", text.placeholder);
  at("composer").classList.toggle("blocked", person.blocked);
  document.querySelector(".composer-blocked span").textContent = `${title(person)} has blocked the business.`;
  showNumbers(at("to-number"), numbers);
}

function showNumbers(select, numbers) {
  if (!numbers.some(({ id }) => id === here.number)) here.number = numbers[0].id;
  select.hidden = numbers.length < 2;
  const look = JSON.stringify(numbers);
  if (select.dataset.look === look) return;
  select.dataset.look = look;
  select.replaceChildren(
    ...numbers.map(({ id, display }) => {
      const option = element("option", "", `to ${display}`);
      option.value = id;
      return option;
    }),
  );
  select.value = here.number;
}
