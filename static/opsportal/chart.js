// Charts: <figure data-chart="id" data-unit="ms"> draws the JSON of the element with that id,
// {"labels": ["p50", "p95"], "points": [[seconds…], [values…], …]}; null is a gap, never zero.
// The canvas knows no CSS variables, so colours are read from the figure and read again when the theme changes.
const TONES = ["--tblr-primary", "--tblr-orange", "--tblr-green", "--tblr-red"];
const drawn = new Map();

function colour(figure, value) {
  figure.style.color = value;
  const { color } = getComputedStyle(figure);
  figure.style.color = "";
  return color;
}

function options(figure, { labels }) {
  const text = colour(figure, "var(--tblr-secondary-color)");
  const line = { stroke: colour(figure, "var(--tblr-border-color)"), width: 1 };
  const unit = figure.dataset.unit ?? "";
  return {
    width: figure.clientWidth,
    height: Number(figure.dataset.height ?? 180),
    axes: [{ stroke: text, grid: line, ticks: line },
      { stroke: text, grid: line, ticks: line, size: 64, values: (_, ticks) => ticks.map((tick) => `${tick} ${unit}`) }],
    series: [{}, ...labels.map((label, at) => ({
      label, width: 1.5, spanGaps: false, stroke: colour(figure, `var(${TONES[at % TONES.length]})`),
      value: (_, value) => (value === null ? "–" : `${value} ${unit}`),
    }))],
  };
}

function draw(figure) {
  const source = document.getElementById(figure.dataset.chart);
  if (!source) return;
  const data = JSON.parse(source.textContent);
  drawn.get(figure)?.destroy();
  drawn.set(figure, new uPlot(options(figure, data), data.points, figure));
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
