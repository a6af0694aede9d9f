// The live socket: it says what moved, htmx fetches it. Every message is an array of events with ascending seq.
// Fires on <body>: live:<topic>, live:subject:<id>, and live:resync when more was missed than is worth listing.
const COALESCE_MS = 250;
const BACKOFF_MS = { first: 500, most: 30_000 };
const ENDED = new Set([4401, 4403, 4404]); // logged out, not allowed, no such institution: trying again is of no use
const status = document.getElementById("live");
const path = document.body.dataset.live;
let since = Number(document.body.dataset.liveSince ?? 0);
let attempts = 0;
let retry = 0;
let socket = null;

function show(state) {
  if (status) status.dataset.state = state;
  document.body.dataset.liveState = state;
}

// At most one event of a name per COALESCE_MS: the first at once, what comes meanwhile as one more at the end.
const cooling = new Map();
function fire(name) {
  if (cooling.has(name)) {
    cooling.set(name, true);
    return;
  }
  document.body.dispatchEvent(new CustomEvent(name));
  cooling.set(name, false);
  setTimeout(() => {
    const isOwed = cooling.get(name);
    cooling.delete(name);
    if (isOwed) fire(name);
  }, COALESCE_MS);
}

// A list never takes in rows by itself: its bar counts those that it does not show yet.
const unseen = new WeakMap();
function countNew({ kind, topic, subject }) {
  for (const bar of document.querySelectorAll(`[data-live-new="${CSS.escape(topic)}"]`)) {
    const kinds = bar.dataset.liveKinds.split(" ").filter(Boolean);
    if (kinds.length && !kinds.includes(kind)) continue;
    const known = unseen.get(bar) ?? new Set();
    unseen.set(bar, known.add(subject));
    bar.querySelector("[data-count]").textContent = known.size;
    bar.hidden = false;
  }
}
document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!detail.successful || !detail.elt.matches("[data-live-new]")) return;
  unseen.delete(detail.elt);
  detail.elt.hidden = true;
});

function isShown(subject) {
  return document.querySelector(`[data-subject="${CSS.escape(subject)}"]`) !== null;
}

function receive(event) {
  if (event.seq <= since && !event.resync) return; // replayed: already shown
  since = event.seq;
  if (event.resync) fire("live:resync");
  if (!event.topic) return;
  if (event.subject && !isShown(event.subject)) countNew(event);
  if (event.subject) fire(`live:subject:${event.subject}`);
  fire(`live:${event.topic}`);
}

function connect() {
  clearTimeout(retry);
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const mine = new WebSocket(`${scheme}://${location.host}${path}?since=${since}`);
  socket = mine;
  mine.onopen = () => {
    attempts = 0;
    show("online");
  };
  mine.onmessage = ({ data }) => JSON.parse(data).forEach(receive);
  mine.onclose = ({ code }) => {
    if (socket !== mine) return;
    socket = null;
    if (ENDED.has(code)) show("ended");
    else later();
  };
}

function later() {
  const longest = Math.min(BACKOFF_MS.most, BACKOFF_MS.first * 2 ** attempts);
  attempts += 1;
  if (attempts > 1) show("retrying"); // one dropped connection is mended before anybody needs to know
  retry = setTimeout(connect, longest / 2 + (Math.random() * longest) / 2);
}

// Sleep, a lost network and a page taken from the browser's cache end a socket without telling it.
function again() {
  if (document.body.dataset.liveState === "ended") return;
  const old = socket;
  socket = null;
  old?.close();
  connect();
}

if (path) {
  show("starting");
  connect();
  addEventListener("online", again);
  addEventListener("offline", () => show("retrying"));
  addEventListener("pageshow", ({ persisted }) => persisted && again());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && !socket && again());
}
