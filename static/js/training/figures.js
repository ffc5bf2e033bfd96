// Draws the figures that the server described into [data-figure], in the page's theme. Nothing leaves the browser: no
// share button, no server of plotly's.

import { isPaper, onTheme, token } from "./theme.js";

/* global Plotly */
const CONFIG = { showSendToCloud: false, plotlyServerURL: "", displaylogo: false, displayModeBar: false };
const MARGIN = { l: 58, r: 24, t: 10 };
const BELOW_AXIS = 52; // px from the axis to the legend: ticks and the axis title
const LEGEND_ROW = 20; // px
const LARGEST = 460; // px: the side of a square figure
const ON_PAPER = 330; // px: two figures beside each other on A4
const NARROW = 480; // px: a phone

const places = [...document.querySelectorAll("[data-figure]")];
const figures = JSON.parse(document.getElementById("figures")?.textContent ?? "{}");

const coloured = (value) => {
  if (typeof value === "string") return value.startsWith("--") ? token(value) : value;
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map(coloured);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, coloured(v)]));
  return value;
};

const axis = (own) => ({ gridcolor: "--line", zeroline: false, linecolor: "--line-strong", linewidth: 1, mirror: true, ticks: "outside", tickcolor: "--line-strong", ...own, title: { standoff: 8, ...own.title } });

const layoutOf = ({ data, layout }, width) => {
  const legend = data.filter((trace) => trace.showlegend !== false).length * LEGEND_ROW;
  const side = Math.max(140, Math.min(LARGEST, width) - MARGIN.l - MARGIN.r);
  return {
    ...layout,
    xaxis: axis(layout.xaxis),
    yaxis: axis(layout.yaxis),
    width: side + MARGIN.l + MARGIN.r,
    height: side + MARGIN.t + BELOW_AXIS + legend + LEGEND_ROW / 2,
    margin: { ...MARGIN, b: BELOW_AXIS + legend + LEGEND_ROW / 2 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: width < NARROW ? 12 : 13, color: "--ink-soft" },
    legend: { x: 0, y: -BELOW_AXIS / side, xanchor: "left", yanchor: "top", tracegroupgap: 0, font: { color: "--ink" }, bgcolor: "rgba(0,0,0,0)" },
    hoverlabel: { align: "left", bgcolor: "--surface", bordercolor: "--line-strong", font: { color: "--ink" } },
    hovermode: "closest",
  };
};

const draw = (place) => {
  const figure = figures[place.dataset.figure];
  const width = isPaper() ? ON_PAPER : place.clientWidth;
  if (!figure || !width) return;
  const { data, layout } = coloured({ data: figure.data, layout: layoutOf(figure, width) });
  Plotly.react(place, data, layout, CONFIG).then(() => place.setAttribute("data-drawn", ""));
};

const drawAll = () => places.forEach(draw);

if (places.length) {
  onTheme(drawAll);
  let last = 0;
  new ResizeObserver(() => {
    const width = places[0].clientWidth;
    if (width && width !== last && !isPaper()) {
      last = width;
      drawAll();
    }
  }).observe(places[0]);
}
