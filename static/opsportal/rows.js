// The cursor over rows, and which rows are selected. A row is a [data-row] element with an id; cursor and selection
// belong to the id, so they survive every swap. The cursor moves only when its row is gone.
const selected = new Set();
let cursorId = "";
let cursorAt = 0;
let anchorId = "";
let before = null; // where the cursor's row stood when a swap began

const rows = () => [...document.querySelectorAll("[data-row]")];
const cursor = () => (cursorId ? document.getElementById(cursorId) : null);
const boxOf = (row) => row?.querySelector("[data-select]");

function mark(row, list = rows()) {
  for (const other of document.querySelectorAll("[data-row][aria-current]")) if (other !== row) other.removeAttribute("aria-current");
  if (!row) return;
  row.setAttribute("aria-current", "true");
  row.tabIndex = -1;
  cursorId = row.id;
  cursorAt = list.indexOf(row);
}

function move(step) {
  const list = rows();
  if (!list.length) return;
  const at = list.indexOf(cursor());
  const row = list[at < 0 ? 0 : Math.max(0, Math.min(list.length - 1, at + step))];
  mark(row, list);
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function select(row, isOn) {
  const box = boxOf(row);
  if (!box || box.checked === isOn) return;
  box.checked = isOn;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

function selectRange() {
  const list = rows();
  const from = list.findIndex((row) => row.id === anchorId);
  const to = list.indexOf(cursor());
  if (to < 0) return;
  for (const row of list.slice(Math.min(from < 0 ? to : from, to), Math.max(from, to) + 1)) select(row, true);
}

function open(row) {
  (row?.matches("a, button") ? row : row?.querySelector("[data-open], a[href]"))?.click();
}

// An action is a button that names itself: in the row, else in the pane that shows what was opened.
function act(name) {
  const target = cursor()?.querySelector(`[data-act="${name}"]`) ?? document.querySelector(`[data-pane] [data-act="${name}"]`);
  if (target?.matches("input, textarea")) target.focus();
  else target?.click();
}

const ACTIONS = {
  down: () => move(1),
  up: () => move(-1),
  open: () => open(cursor()),
  select: () => {
    const row = cursor();
    select(row, !boxOf(row)?.checked);
    anchorId = cursorId;
  },
  range: selectRange,
  ack: () => act("ack"),
  reply: () => act("reply"),
  archive: () => act("archive"),
  search: () => document.querySelector('[data-act="search"]')?.focus(),
};
document.body.addEventListener("key", ({ detail }) => ACTIONS[detail.action]?.());

document.body.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-row]");
  if (row) mark(row);
});
document.body.addEventListener("change", (event) => {
  if (!event.target.matches("[data-select]")) return;
  const { id } = event.target.closest("[data-row]");
  if (event.target.checked) selected.add(id);
  else selected.delete(id);
});

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const row = cursor();
  const isAsked = detail.requestConfig?.elt?.matches("[data-live-new]");
  before = row && { top: isAsked ? null : row.getBoundingClientRect().top, hadFocus: row.contains(document.activeElement) };
});
// A row that was deleted settles nothing: the end of its request is all that is told.
for (const name of ["htmx:afterRequest", "htmx:afterSettle"]) document.body.addEventListener(name, restore);
function restore() {
  for (const row of rows()) if (selected.has(row.id)) select(row, true);
  if (!cursorId) return;
  const list = rows();
  const same = cursor();
  const row = same ?? list[Math.min(cursorAt, list.length - 1)];
  mark(row, list);
  if (!row || !before) return;
  if (before.hadFocus && document.activeElement === document.body) row.focus({ preventScroll: true });
  if (same && before.top !== null && row.checkVisibility()) hold(row, before.top);
  before = null;
}

// Rows that came above must not push away what the person is looking at.
function hold(row, top) {
  const shift = row.getBoundingClientRect().top - top;
  if (Math.abs(shift) > 1) (row.closest("[data-scroll]") ?? document.scrollingElement).scrollBy(0, shift);
}
