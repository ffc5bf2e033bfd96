// Draws a figure into a place as wide as the page allows, in the colours of the style sheet's tokens.

import { isPaper, onTheme, token } from "../training/theme.js";

/* global Plotly */
const CONFIG = { showSendToCloud: false, plotlyServerURL: "", displaylogo: false, displayModeBar: false };
const ON_PAPER = 330; // px: two figures beside each other on A4
const NARROW = 480; // px: a phone
const drawn = new Map();

const coloured = (value) => {
  if (typeof value === "string") return value.startsWith("--") ? token(value) : value;
  if (Array.isArray(value)) return typeof value[0] === "number" && typeof value[1] !== "string" ? value : value.map(coloured);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, coloured(v)]));
  return value;
};

const axis = (own) => ({ gridcolor: "--line", zeroline: false, linecolor: "--line-strong", linewidth: 1, mirror: true, ticks: "outside", tickcolor: "--line-strong", automargin: true, ...own, title: { standoff: 8, ...own?.title } });

const layoutOf = (layout, { width, height, legend }) => ({
  margin: { l: 58, r: 24, t: 10, b: 52 + legend },
  showlegend: legend > 0,
  ...layout,
  xaxis: axis(layout.xaxis),
  yaxis: axis(layout.yaxis),
  width,
  height: height + legend,
  paper_bgcolor: "rgba(0,0,0,0)",
  plot_bgcolor: "rgba(0,0,0,0)",
  font: { family: getComputedStyle(document.body).fontFamily, size: width < NARROW ? 11 : 13, color: "--ink-soft" },
  legend: { x: 0, y: -62 / Math.max(120, height - 62), xanchor: "left", yanchor: "top", font: { color: "--ink" }, bgcolor: "rgba(0,0,0,0)", ...layout.legend },
  hoverlabel: { align: "left", bgcolor: "--surface", bordercolor: "--line-strong", font: { color: "--ink" } },
  hovermode: layout.hovermode ?? "closest",
});

const rowsOf = (data) => (data.length > 1 ? data.filter((trace) => trace.showlegend !== false).length : 0);

const paint = (place) => {
  const { data, layout, ratio, most, height: fixed } = drawn.get(place);
  const width = isPaper() ? ON_PAPER : Math.min(place.clientWidth, most);
  if (!width) return;
  const height = fixed ?? Math.max(300, width * ratio);
  const rows = layout.legend?.orientation === "h" ? Math.ceil((rowsOf(data) * 150) / width) : rowsOf(data);
  const size = { width, height, legend: rows * 20 };
  const figure = coloured({ data, layout: layoutOf(layout, size) });
  Plotly.react(place, figure.data, figure.layout, CONFIG).then(() => place.setAttribute("data-drawn", ""));
};

const watch = new ResizeObserver((entries) => entries.forEach(({ target }) => {
  if (target.clientWidth !== drawn.get(target)?.width && !isPaper()) {
    drawn.get(target).width = target.clientWidth;
    paint(target);
  }
}));
onTheme(() => drawn.forEach((_, place) => paint(place)));

export const plot = (place, data, layout, { ratio = 1, most = Infinity, height = null } = {}) => {
  const isNew = !drawn.has(place);
  drawn.set(place, { data, layout, ratio, most, height, width: place.clientWidth });
  paint(place);
  if (isNew) watch.observe(place);
};
