/* Who is looked at, and what the sandbox said last. */

import { ask } from "./dom.js";

export const here = { phone: "", find: "", state: null, refresh: async () => {} };

export const person = () => here.state?.person;
export const message = (wamid) => here.state?.messages.find((found) => found.wamid === wamid);

/** Asks for a change and shows it; null where it was refused. */
export async function change(path, body) {
  const done = await ask(`/sandbox/${path}`, body);
  here.refresh();
  return done;
}

export const settle = (fields) => change(`people/${here.phone}`, fields);

/** The person says something of `kind` to the number that is chosen, or the one that `wamid` came from. */
export function say(kind, content, context = "") {
  const to = (context && message(context)?.number.id) || here.number;
  return change("reply", {
    from: here.phone,
    [kind]: content,
    ...(context ? { context } : {}),
    ...(to ? { phone_number_id: to } : {}),
  });
}

export function tapped(wamid, choice) {
  return change(`people/${here.phone}/tap`, { wamid, ...choice });
}

export function go(phone) {
  location.hash = phone;
}
