/* A voice message or a piece of music: a button, bars that fill, and the time. */

import { drawing, element } from "./dom.js";

const BARS = 49;
const BAR_STEP = 4;
const HEIGHT = 28;
const PLAY = "M8 5.5v13l10.5-6.5z";
const PAUSE = "M8 6v12M16 6v12";

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/** Heights that depend on the name of the sound alone. */
function bars(name) {
  let seed = [...name].reduce((sum, sign) => (sum * 31 + sign.codePointAt(0)) % 65_521, 7);
  const lines = [];
  for (let place = 0; place < BARS; place += 1) {
    seed = (seed * 75 + 74) % 65_537;
    const swell = 0.45 + 0.55 * Math.abs(Math.sin((place + seed % 5) / 4.2));
    const half = Math.max(1.5, ((seed % 100) / 100) * swell * (HEIGHT / 2 - 1));
    const x = place * BAR_STEP + 2;
    lines.push(`M${x} ${(HEIGHT / 2 - half).toFixed(1)}V${(HEIGHT / 2 + half).toFixed(1)}`);
  }
  return lines;
}

/** `address` is where the sound is; the bars can be dragged like any slider. */
export function player(address, label) {
  const sound = element("audio");
  sound.preload = "metadata";
  sound.src = address;
  const wave = drawing(`0 0 ${BARS * BAR_STEP} ${HEIGHT}`, "bars", ...bars(address));
  const slider = element("input");
  Object.assign(slider, { type: "range", min: 0, max: 1, step: "any", value: 0 });
  slider.setAttribute("aria-label", `Position in the ${label}`);
  const time = element("time", "", "0:00");
  const turn = element("button", "round");
  turn.type = "button";
  const show = () => {
    const part = sound.duration ? sound.currentTime / sound.duration : 0;
    slider.value = part;
    wave.childNodes.forEach((bar, place) => bar.classList.toggle("played", place / BARS < part));
    time.textContent = minutes(part ? sound.currentTime : Number.isFinite(sound.duration) ? sound.duration : 0);
    turn.replaceChildren(drawing("0 0 24 24", sound.paused ? "sign filled" : "sign", sound.paused ? PLAY : PAUSE));
    turn.setAttribute("aria-label", `${sound.paused ? "Play" : "Pause"} the ${label}`);
  };
  for (const event of ["loadedmetadata", "timeupdate", "play", "pause", "ended"]) sound.addEventListener(event, show);
  turn.addEventListener("click", () => (sound.paused ? sound.play().catch(() => {}) : sound.pause()));
  slider.addEventListener("input", () => {
    if (sound.duration) sound.currentTime = slider.value * sound.duration;
  });
  show();
  return element("div", "media audio", sound, turn, element("span", "track", wave, slider, time));
}
