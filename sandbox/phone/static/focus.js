/* Keeps the focus where it is when a part of the page is made anew. */

const controls = (root) => [...root.querySelectorAll("button, input, select, textarea")];

/** `made`, with the focus on the control in the place of the one that had it in `old`, unless it went elsewhere. */
export function refocused(old, made) {
  const place = old ? controls(old).indexOf(document.activeElement) : -1;
  const lost = () => document.activeElement === document.body;
  if (place >= 0) requestAnimationFrame(() => lost() && controls(made)[place]?.focus());
  return made;
}
