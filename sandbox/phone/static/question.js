/* Asks before something cannot be taken back. */

import { button, element } from "./dom.js";

/** True when the person says yes. */
export function sure(title, text, yes, danger = true) {
  return new Promise((answer) => {
    const done = (agreed) => {
      dialog.close();
      dialog.remove();
      answer(agreed);
    };
    const agree = button(danger ? "strong danger" : "strong", yes, () => done(true));
    const leave = button("quiet", "Cancel", () => done(false));
    const heading = element("h2", "", title);
    const dialog = element("dialog", "question", heading, element("p", "soft", text), element("div", "row end", leave, agree));
    heading.id = "question-title";
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      done(false);
    });
    document.body.append(dialog);
    dialog.showModal();
    leave.focus();
  });
}
