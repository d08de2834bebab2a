"use strict";

const at = (id) => document.getElementById(id);
const wide = matchMedia("(min-width: 721px)");
let version = "";
let chosen = location.hash.slice(1);
let current = null;
const arrived = new Set();

async function poll() {
  try {
    const query = new URLSearchParams({ phone: chosen, version });
    const state = await (await fetch(`/phone/state?${query}`)).json();
    document.body.classList.remove("away");
    if (state.phones) show(state);
  } catch {
    document.body.classList.add("away");
  }
}

function show(state) {
  if (!chosen && wide.matches && state.phones.length) {
    choose(state.phones[0].phone);
    return;
  }
  version = String(state.version);
  current = state.person;
  at("phones").replaceChildren(...state.phones.map(phoneLine));
  at("desk").classList.toggle("open", Boolean(chosen && current) || !state.phones.length);
  at("empty").hidden = Boolean(current);
  at("chat-bar").hidden = at("composer").hidden = !current;
  at("wall").hidden = !current;
  if (current) showChat(state);
}

function showChat(state) {
  const named = current.name && !current.name.startsWith("Phone ");
  at("whose").textContent = `on the phone ${spell(current.phone)}${named ? ` (${current.name})` : ""}`;
  at("power").textContent = current.offline ? "Switch phone on" : "Switch phone off";
  at("power").title = "A phone that is off gets its messages when it is on again";
  const wall = at("wall");
  const atEnd = wall.scrollHeight - wall.scrollTop - wall.clientHeight < 60;
  const rows = [];
  let day = "";
  for (const message of state.messages) {
    const date = new Date(message.at * 1000).toDateString();
    if (date !== day) rows.push(element("div", "day", date === new Date().toDateString() ? "Today" : date));
    day = date;
    rows.push(bubble(message));
  }
  wall.replaceChildren(...rows);
  if (atEnd || wall.dataset.phone !== current.phone) wall.scrollTop = wall.scrollHeight;
  wall.dataset.phone = current.phone;
}

function phoneLine(phone) {
  const button = element(
    "button",
    phone.phone === chosen ? "phone chosen" : "phone",
    element("span", "avatar", phone.phone.slice(-2)),
    element(
      "span",
      "line",
      element("span", "number", spell(phone.phone)),
      element("time", "", clock(phone.at)),
      element("span", "last", phone.outbound ? ticks(phone.status) : "", element("span", "", unmarked(phone.text))),
    ),
  );
  if (phone.offline) button.classList.add("offline");
  button.type = "button";
  button.addEventListener("click", () => choose(phone.phone));
  return element("li", "", button);
}

function choose(phone) {
  chosen = phone;
  version = "";
  history.replaceState(null, "", phone ? `#${phone}` : location.pathname);
  poll();
}

function bubble(message) {
  const content = element("div", "paper");
  if (message.header) content.append(element("div", "head", message.header));
  content.append(element("div", "text", formatted(message.body)));
  if (message.footer) content.append(element("div", "foot", message.footer));
  content.append(meta(message));
  const whole = element("article", message.outbound ? "bubble theirs" : "bubble mine", content);
  if (!arrived.has(message.wamid)) whole.classList.add("new");
  arrived.add(message.wamid);
  for (const button of message.buttons) whole.append(tap(button, message));
  if (message.error) whole.append(element("p", "failure", `${message.error.code}: ${message.error.title}`));
  return whole;
}

function meta(message) {
  const line = element("div", "meta", element("span", "", clock(message.at)));
  if (message.outbound || message.status === "read") line.append(ticks(message.status));
  const steps = message.statuses.map((step) => `${step.status} ${clock(step.at, true)}`);
  const story = [message.template, `accepted ${clock(message.at, true)}`, ...steps].filter(Boolean);
  line.title = message.outbound ? story.join("\n") : clock(message.at, true);
  if (message.outbound) {
    line.tabIndex = 0;
    line.addEventListener("click", () => toast(story.join(" · ")));
  }
  return line;
}

function tap(button, message) {
  const made = element("button", "tap", sign(button.type), button.text);
  made.type = "button";
  made.addEventListener("click", () => act(button, message));
  return made;
}

function act(button, message) {
  const answer = { from: current.phone, context: message.wamid };
  if (button.type === "COPY_CODE") return copy(button.code);
  if (button.type === "URL") return window.open(button.url, "_blank", "noreferrer");
  if (button.type === "PHONE_NUMBER") return toast(`Calls ${button.phone_number}`);
  if (button.type === "QUICK_REPLY") {
    answer.button = { text: button.text, payload: button.payload };
  } else {
    const kind = button.type === "ROW" ? "list_reply" : "button_reply";
    answer.interactive = { type: kind, [kind]: { id: button.id, title: button.text } };
  }
  return ask("/sandbox/reply", answer).then(poll);
}

async function copy(code) {
  try {
    await navigator.clipboard.writeText(code);
  } catch {
    const field = element("textarea", "sr", code);
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  toast(`Code ${code} copied`);
}

at("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = at("answer").value.trim();
  if (text && (await ask("/sandbox/reply", { from: current.phone, text }))) at("answer").value = "";
  poll();
});
at("power").addEventListener("click", () =>
  ask(`/sandbox/people/${current.phone}`, { offline: !current.offline }).then(poll),
);
at("back").addEventListener("click", () => choose(""));
window.addEventListener("hashchange", () => choose(location.hash.slice(1)));
poll();
setInterval(poll, 600);
