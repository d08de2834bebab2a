"use strict";

let seen = "";
const ACTIONS = [["Approve", "approve"], ["Reject", "reject"], ["Pause", "pause"]];
const DONE = { approve: "APPROVED", reject: "REJECTED", pause: "PAUSED" };

async function poll() {
  const text = await (await fetch("/sandbox/templates")).text();
  if (text === seen) return;
  seen = text;
  const { templates } = JSON.parse(text);
  document.getElementById("cards").replaceChildren(...templates.map(card));
  document.getElementById("empty").hidden = templates.length > 0;
}

function card(template) {
  const paper = element("div", "paper");
  const buttons = [];
  for (const part of template.components) {
    if (part.type === "HEADER") paper.append(element("div", "head", formatted(part.text || `[${part.format}]`)));
    if (part.type === "BODY") paper.append(element("div", "text", formatted(part.text)));
    if (part.type === "FOOTER") paper.append(element("div", "foot", part.text));
    if (part.type === "BUTTONS") buttons.push(...part.buttons.map((b) => element("div", "tap", b.text || "Copy offer code")));
  }
  const title = element("header", "title", element("h2", "", template.name), pill(template));
  const about = element("p", "about", `${template.language} · ${template.category.toLowerCase()}`);
  const actions = ACTIONS.filter(([, action]) => DONE[action] !== template.status).map(([label, action]) => {
    const button = element("button", "quiet", label);
    button.type = "button";
    button.addEventListener("click", async () => {
      await ask(`/sandbox/templates/${template.name}/${action}`, { language: template.language });
      poll();
    });
    return button;
  });
  const preview = element("article", "bubble theirs", paper, ...buttons);
  return element("section", "card", title, about, preview, element("div", "actions", ...actions));
}

function pill(template) {
  const reason = template.rejected_reason === "NONE" ? "" : `: ${template.rejected_reason}`;
  return element("span", `pill ${template.status.toLowerCase()}`, template.status.toLowerCase() + reason.toLowerCase());
}

poll();
setInterval(() => poll().catch(() => toast("The sandbox does not answer")), 1000);
