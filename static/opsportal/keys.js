// Single-key shortcuts. The bindings are the lines of the help sheet (#keys): what it says is what works.
// Off inside inputs and open dialogs, with modifiers, and for people who switched them off.
const SEQUENCE_MS = 1200;
const sheet = document.getElementById("keys");
const bindings = new Map();
for (const line of sheet?.querySelectorAll("[data-action]") ?? []) {
  for (const key of line.dataset.keys.split(" ")) bindings.set(key, line.dataset.action);
}
let goUntil = 0;

function isTyping(target) {
  return target.closest("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])");
}

// A key that already means something where the focus is keeps that meaning: Enter on a link follows the link.
function isTaken(key, target) {
  return (key === "Enter" || key === " ") && target.closest("a, button, summary, input");
}

function spelled(event) {
  return event.shiftKey && /^[a-z]$/i.test(event.key) ? `Shift+${event.key.toLowerCase()}` : event.key;
}

function go(key) {
  const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
  link?.click();
  return Boolean(link);
}

function handle(event) {
  const key = spelled(event);
  const isSecond = event.timeStamp < goUntil;
  goUntil = 0;
  if (isSecond) return go(key);
  if (key === "g") {
    goUntil = event.timeStamp + SEQUENCE_MS;
    return true;
  }
  const action = bindings.get(key);
  if (!action || isTaken(key, event.target)) return false;
  if (action === "help") sheet.showModal();
  else document.body.dispatchEvent(new CustomEvent("key", { detail: { action } }));
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!sheet || document.body.dataset.shortcuts !== "on" || document.querySelector("dialog[open]")) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (handle(event)) event.preventDefault();
});
