// Moments: as a distance from now, or as a date in the person's zone. Every <time data-when> has both; a click in the
// user menu chooses. "Now" is the server's: a wrong clock in front of the screen changes nothing.
const root = document.documentElement;
const skew = root.dataset.now ? Date.parse(root.dataset.now) - Date.now() : 0;
const UNITS = [["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];
const distance = new Intl.RelativeTimeFormat(root.lang, { numeric: "auto", style: "short" });
const date = new Intl.DateTimeFormat(root.lang, {
  dateStyle: "medium", timeStyle: "medium", ...(root.dataset.timezone && { timeZone: root.dataset.timezone }),
});

function isAbsolute() {
  return localStorage.getItem("times") === "absolute";
}

function relative(moment) {
  const seconds = (moment - Date.now() - skew) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  return distance.format(Math.trunc(seconds / size), unit);
}

function write(element) {
  const moment = Date.parse(element.dateTime);
  if (Number.isNaN(moment)) return;
  const full = date.format(moment);
  const text = isAbsolute() ? full : relative(moment);
  if (element.textContent !== text) element.textContent = text;
  if (element.title !== full) element.title = full;
}

function writeAll(within = document) {
  for (const element of within.querySelectorAll("time[data-when]")) write(element);
}

function press() {
  for (const button of document.querySelectorAll("[data-times]")) button.setAttribute("aria-pressed", isAbsolute());
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-times]")) return;
  localStorage.setItem("times", isAbsolute() ? "relative" : "absolute");
  press();
  writeAll();
});
// The bars of a strip say when they were measured, once somebody asks.
document.addEventListener("mouseover", ({ target }) => {
  if (target.dataset?.bar) target.title = `${target.dataset.word}, ${date.format(Date.parse(target.dataset.bar))}`;
});
document.body.addEventListener("htmx:afterSettle", ({ target }) => writeAll(target.parentElement ?? document));
setInterval(() => document.visibilityState === "visible" && writeAll(), 10_000);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && writeAll());
press();
writeAll();
