/* Export, import and the way back to the start. */

import { ask, attempt, button, element, toast } from "./dom.js";
import { sure } from "./question.js";

function download(name, text) {
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function take() {
  const everything = await ask("/sandbox/export");
  if (!everything) return;
  const time = new Date(everything.meta.now * 1000).toISOString().slice(0, 19).replaceAll(":", "");
  download(`sandbox-${time}.json`, JSON.stringify(everything, null, 1));
}

async function read(file, problem) {
  problem.textContent = "";
  let document;
  try {
    document = JSON.parse(await file.text());
  } catch (error) {
    problem.textContent = `${file.name} is not JSON: ${error.message}`;
    return;
  }
  const count = document.messages?.length ?? 0;
  const text = `What the sandbox holds goes, and what ${file.name} holds comes: ${count} messages among it. Faults and deliveries stay.`;
  if (!(await sure("Replace everything?", text, "Replace"))) return;
  const { error } = await attempt("/sandbox/import", document);
  problem.textContent = error || "";
  if (!error) toast("It is read in");
}

async function reset() {
  const text = "Messages, people, templates, numbers, faults and deliveries go. The webhook address stays, and a moved clock comes back.";
  if ((await sure("Back to the start?", text, "Reset")) && (await ask("/sandbox/reset", {}))) toast("As new");
}

export function filePart() {
  const problem = element("p", "wrong");
  problem.setAttribute("role", "alert");
  const chooser = Object.assign(element("input", "sr"), { type: "file", accept: "application/json,.json", tabIndex: -1 });
  chooser.setAttribute("aria-label", "File to import");
  chooser.addEventListener("change", async () => {
    if (chooser.files[0]) await read(chooser.files[0], problem);
    chooser.value = "";
  });
  return element("div", "stack",
    element("p", "soft", "Messages, people, templates, media and numbers, to go on from here another day or on another computer."),
    element("div", "row", button("quiet", "Export", take), button("quiet", "Import…", () => chooser.click()), chooser, element("span", "grow"), button("quiet danger", "Reset…", reset)),
    problem);
}
