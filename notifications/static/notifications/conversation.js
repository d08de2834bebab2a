// Fetches the page again while somebody looks at it and shows what is new; the answer that is being written stays.
"use strict";
const EVERY_MS = 4000;

function parts(page) {
  return [page.getElementById("chat"), page.getElementById("state")];
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const atEnd = window.innerHeight + window.scrollY >= document.body.scrollHeight - 60;
  const found = parts(fresh);
  parts(document).forEach((old, place) => {
    if (found[place] && old.innerHTML !== found[place].innerHTML) old.replaceWith(found[place]);
  });
  if (atEnd) window.scrollTo(0, document.body.scrollHeight);
}

document.addEventListener("DOMContentLoaded", () => {
  if (!location.search.includes("before=")) {
    document.getElementById("answer")?.scrollIntoView({ block: "end" });
    setInterval(() => refresh().catch(() => {}), EVERY_MS);
  }
});
