/* Numbers and times as words. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;

export function duration(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < MINUTE) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < HOUR) return `${Math.round(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.round(seconds / HOUR)} h`;
  return plural(Math.round(seconds / DAY), "day");
}

const sameDay = (one, other) => one.toDateString() === other.toDateString();

/** The time alone for the present day, with the date for others; `now` is the sandbox's. */
export function moment(seconds, now = Date.now() / 1000) {
  const at = new Date(seconds * 1000);
  const time = at.toLocaleTimeString("en-GB");
  if (sameDay(at, new Date(now * 1000))) return time;
  return `${at.toLocaleDateString("en-GB", { day: "numeric", month: "short" })}, ${time.slice(0, 5)}`;
}

export const exact = (seconds) =>
  new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** "WHATSAPP_NAME" as "Whatsapp name". */
export function spoken(name) {
  const words = String(name).toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
