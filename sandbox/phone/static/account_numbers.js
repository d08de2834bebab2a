/* The account's phone numbers, and the form for another. */

import { attempt, button, copy, element, replace, toast } from "./dom.js";
import { check, entry, explained, field, form } from "./forms.js";
import { spoken } from "./words.js";

const STATUSES = [
  ["CONNECTED", "Connected", "It can send."],
  ["PENDING", "Pending", "Not registered yet; it cannot send."],
  ["OFFLINE", "Offline", "It cannot send."],
  ["DISCONNECTED", "Disconnected", "Not registered any more; it cannot send."],
  ["MIGRATED", "Migrated", "It went to another account; it cannot send."],
  ["BANNED", "Banned", "Against the rules; it cannot send."],
  ["RESTRICTED", "Restricted", "For some time it cannot send."],
  ["RATE_LIMITED", "Rate limited", "The messaging limit is reached; it cannot send."],
  ["FLAGGED", "Flagged", "Its quality is low; it cannot send here."],
  ["DELETED", "Deleted", "It cannot send."],
  ["UNVERIFIED", "Unverified", "The code by SMS or voice was not entered; it cannot send."],
  ["UNKNOWN", "Unknown", "It cannot send."],
];
const QUALITIES = [
  ["GREEN", "High", "The webhook tells UNFLAGGED."],
  ["YELLOW", "Medium", "The webhook tells UNFLAGGED."],
  ["RED", "Low", "The webhook tells FLAGGED."],
  ["UNKNOWN", "Unknown", "Too few messages to say."],
];
const LEVELS = [
  ["STANDARD", "80 a second", "Where every number begins."],
  ["HIGH", "1,000 a second", "The webhook tells THROUGHPUT_UPGRADE."],
  ["NOT_APPLICABLE", "Not applicable", "The number is not registered."],
];
const TONES = { CONNECTED: "good", GREEN: "good", YELLOW: "wait", RED: "bad" };
const labelOf = (choices, wanted) => choices.find(([value]) => value === wanted)?.[1] || spoken(wanted);

const edited = new Set();
let redraw = () => {};

/** A form that is being filled in stays as it is while its number changes. */
export function showNumbers(list, numbers) {
  redraw = () => showNumbers(list, numbers);
  replace(list, numbers.map((number) => ({
    key: number.id,
    look: JSON.stringify([number, edited.has(number.id)]),
    make: (old) => numberCard(number, old),
  })));
}

function toggle(id) {
  if (!edited.delete(id)) edited.add(id);
  redraw();
}

function numberCard(number, old) {
  const open = edited.has(number.id);
  const status = element("span", `pill ${TONES[number.status] || "bad"}`, labelOf(STATUSES, number.status));
  const quality = element("span", `pill ${TONES[number.quality_rating] || ""}`, `${labelOf(QUALITIES, number.quality_rating)} quality`);
  const level = element("span", "pill", labelOf(LEVELS, number.throughput));
  const id = button("subject", element("code", "", number.id), () => copy(number.id));
  id.title = "Copy the phone number id";
  const edit = button("quiet tiny", open ? "Cancel" : "Change", () => toggle(number.id));
  edit.setAttribute("aria-expanded", String(open));
  edit.setAttribute("aria-label", `${edit.textContent} ${number.display}`);
  if (old?.contains(document.activeElement) && !old.querySelector("form")?.contains(document.activeElement)) requestAnimationFrame(() => edit.focus());
  return element("li", "number",
    element("div", "row", element("b", "", number.display), element("span", "soft grow cut", number.verified_name), edit),
    element("div", "row", status, quality, level, id),
    open && (old?.querySelector("form") || changeForm(number, () => toggle(number.id))));
}

function changeForm(number, done) {
  const fields = {
    status: explained("Status", STATUSES, number.status),
    quality_rating: explained("Quality", QUALITIES, number.quality_rating),
    throughput: explained("Throughput", LEVELS, number.throughput),
    verified_name: field("Verified name", entry({ value: number.verified_name }), "The webhook tells that it was approved."),
  };
  const tell = check("Let the webhooks tell it", true, null, "phone_number_quality_update and phone_number_name_update; a status is told by nobody.");
  const save = async () => {
    const changed = Object.entries(fields).map(([name, { input }]) => [name, input.value]).filter(([name, value]) => value !== number[name]);
    const { error } = await attempt(`/sandbox/numbers/${number.id}`, { ...Object.fromEntries(changed), tell: tell.input.checked });
    fields.verified_name.complain(error || "");
    if (error) return;
    toast("The number is changed");
    done();
  };
  return form("Save", save, element("div", "fields", ...Object.values(fields).map(({ root }) => root)), tell.root);
}

/** Opens or closes the form for another number. */
export function newNumber(place, opener) {
  const open = place.childElementCount === 0;
  opener.setAttribute("aria-expanded", String(open));
  opener.textContent = open ? "Cancel" : "Add a number";
  if (!open) return place.replaceChildren();
  const display = field("Number", entry({ placeholder: "+263 77 200 0001", inputMode: "tel" }), "As people see it");
  const name = field("Verified name", entry({ placeholder: "Ovii" }), "Empty: the business's name");
  const save = async () => {
    const wished = { display: display.input.value.trim(), ...(name.input.value.trim() && { verified_name: name.input.value.trim() }) };
    const { error } = /\d/.test(wished.display) ? await attempt("/sandbox/numbers", wished) : { error: "A phone number is required" };
    display.complain(error || "");
    if (error) return;
    toast(`${wished.display} can send`);
    newNumber(place, opener);
  };
  place.replaceChildren(form("Add it", save, element("div", "fields", display.root, name.root)));
  display.input.focus();
}
