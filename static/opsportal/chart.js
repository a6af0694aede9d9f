// Charts: <figure data-chart="id" data-unit="ms"> draws the JSON of the element with that id,
// {"labels": ["p50", "p95"], "points": [[seconds…], [values…], …]}; null is a gap, never zero.
// "tones" names the colour of each series; data-whole keeps the axis to whole numbers.
// The canvas knows no CSS variables, so colours are read from the figure and read again when the theme changes.
const TONES = ["--tblr-primary", "--tblr-orange", "--tblr-green", "--tblr-red"];
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
const drawn = new Map();
const { lang, dataset } = document.documentElement;
const zone = dataset.timezone ? { timeZone: dataset.timezone } : {};
const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...zone });
const day = new Intl.DateTimeFormat(lang, { month: "short", day: "numeric", ...zone });
const moment = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "medium", ...zone });

// Times of the axis: the clock, and the day where it begins (also at the first mark).
function times(_, marks) {
  return marks.map((mark, at) => {
    const isNewDay = at === 0 || day.format(mark * 1000) !== day.format(marks[at - 1] * 1000);
    return clock.format(mark * 1000) + (isNewDay ? `\n${day.format(mark * 1000)}` : "");
  });
}

function colour(figure, value) {
  figure.style.color = value;
  const { color } = getComputedStyle(figure);
  figure.style.color = "";
  return color;
}

function options(figure, { labels, tones }) {
  const text = colour(figure, "var(--tblr-secondary-color)");
  const line = { stroke: colour(figure, "var(--tblr-border-color)"), width: 1 };
  const unit = figure.dataset.unit ?? "";
  return {
    width: figure.clientWidth,
    height: Number(figure.dataset.height ?? 180),
    axes: [{ stroke: text, grid: line, ticks: line, values: times },
      { stroke: text, grid: line, ticks: line, size: 64, ...(figure.hasAttribute("data-whole") && { incrs: WHOLE }), values: (_, ticks) => ticks.map((tick) => `${tick} ${unit}`) }],
    series: [{ label: "\u00a0", value: (_, at) => (at === null ? "" : moment.format(at * 1000)) }, ...labels.map((label, at) => ({
      label, width: 1.5, spanGaps: false, stroke: colour(figure, `var(${tones?.[at] ?? TONES[at % TONES.length]})`),
      value: (_, value) => (value === null ? "–" : `${value} ${unit}`),
    }))],
  };
}

// Where nothing was measured, nothing is drawn: a pause much longer than usual is a gap, not a line.
function gapped([moments, ...series]) {
  const pauses = moments.slice(1).map((at, before) => at - moments[before]).sort((a, b) => a - b);
  const usual = pauses[pauses.length >> 1];
  const found = [[], ...series.map(() => [])];
  moments.forEach((at, index) => {
    if (index && at - moments[index - 1] > 3 * usual) {
      found.forEach((column, which) => column.push(which ? null : moments[index - 1] + usual));
    }
    found.forEach((column, which) => column.push(which ? series[which - 1][index] : at));
  });
  return found;
}

function draw(figure) {
  const source = document.getElementById(figure.dataset.chart);
  if (!source) return;
  const data = JSON.parse(source.textContent);
  drawn.get(figure)?.destroy();
  drawn.set(figure, new uPlot(options(figure, data), gapped(data.points), figure));
}

function drawAll() {
  for (const figure of drawn.keys()) {
    if (figure.isConnected) continue;
    drawn.get(figure).destroy();
    drawn.delete(figure);
  }
  document.querySelectorAll("[data-chart]").forEach(draw);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
document.body.addEventListener("htmx:afterSettle", ({ target }) => target.querySelector?.("[data-chart]") && drawAll());
addEventListener("resize", () => {
  for (const [figure, chart] of drawn) chart.setSize({ width: figure.clientWidth, height: chart.height });
});
drawAll();
