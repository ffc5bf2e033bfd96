// Draws the ROC figures that the server described, in the page's theme, and saves them for print. Nothing leaves the
// browser: no share button, no server of plotly's.

/* global Plotly */
export const CONFIG = {
  showSendToCloud: false,
  plotlyServerURL: "",
  displaylogo: false,
  responsive: true,
  modeBarButtonsToRemove: ["toImage", "lasso2d", "select2d", "autoScale2d"],
};
// The figure comes in the colours for white paper; in the dark theme each is replaced by its counterpart.
const DARK = {
  "#14212a": "#e8eef1", "#4a5b66": "#a9b8c0", "#d3dbdf": "#2d3b43", "#ffffff": "#182329",
  "#0072b2": "#74bdf2", "#d55e00": "#f59a5c", "#009e73": "#4fd1a5", "#7a3e64": "#d69ade",
  "#cc79a7": "#e3a0c6", "#e69f00": "#f0b84a",
};
const SHEET = { one: 660, two: 320 }; // px: an upright sheet between its margins, and half of it
const PRINT = { width: 900, scale: 3 }; // 2700 px: nine inches at 300 dpi
const BELOW_AXIS = 58; // px from the axis to the legend: ticks and the axis title
const LEGEND_ROW = 20; // px
const NARROW = 480; // px: a phone

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const controls = document.querySelector("[data-figure-controls]");
const figures = JSON.parse(document.getElementById("figures").textContent);
const places = [...document.querySelectorAll("[data-figure]")];

export const recoloured = (value) => {
  if (typeof value === "string") return DARK[value] ?? value;
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map(recoloured);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, recoloured(v)]));
  return value;
};

const wishes = () => {
  if (!controls) return null;
  const form = new FormData(controls);
  return { at: form.get("at"), kind: form.get("kind"), folds: form.has("folds"), crosses: form.has("crosses"), mean: form.has("mean"), own: form.has("own") };
};

const traceFor = (trace, wish) => {
  const meta = trace.meta ?? {};
  if (!wish || !meta.layer) return trace;
  if (meta.layer === "band") return { ...trace, visible: meta.at === wish.at && meta.kind === wish.kind };
  if (meta.layer === "readers") {
    return { ...trace, error_x: { ...trace.error_x, visible: wish.crosses }, error_y: { ...trace.error_y, visible: wish.crosses } };
  }
  return { ...trace, visible: wish[meta.layer] };
};

const tracesOf = (name) => figures[name].data.map((trace) => traceFor(trace, wishes()));
const rows = (traces) => traces.filter((trace) => trace.visible !== false && trace.showlegend !== false).length;

// The plot is a square as wide as the page allows; both figures leave room for the longer legend, so that they align.
const built = (name, { width, isDark }) => {
  const { layout } = figures[name];
  const legend = Math.max(...Object.keys(figures).map((key) => rows(tracesOf(key)))) * LEGEND_ROW;
  const side = Math.max(120, width - layout.margin.l - layout.margin.r);
  const margin = { ...layout.margin, b: BELOW_AXIS + legend + LEGEND_ROW };
  const font = { size: width < NARROW ? 11 : layout.legend.font.size };
  const figure = {
    data: tracesOf(name),
    layout: { ...layout, width, margin, height: side + margin.t + margin.b, legend: { ...layout.legend, font, y: -BELOW_AXIS / side } },
  };
  return isDark ? recoloured(figure) : figure;
};

const onScreen = (place) => ({ width: place.clientWidth, isDark: dark.matches && place.dataset.theme !== "light" });
const onPaper = () => ({ width: places.length > 1 ? SHEET.two : SHEET.one, isDark: false });

const draw = (place, how) => {
  const { data, layout } = built(place.dataset.figure, how);
  return Plotly.react(place, data, layout, CONFIG).then(() => place.setAttribute("data-drawn", ""));
};

const drawAll = () => places.forEach((place) => draw(place, onScreen(place)));
const drawForPaper = () => places.forEach((place) => draw(place, onPaper()));

export const bytes = (url) => {
  const [head, body] = url.split(/,(.*)/s);
  const text = head.includes("base64") ? Uint8Array.from(atob(body), (c) => c.charCodeAt(0)) : decodeURIComponent(body);
  return new Blob([text], { type: head.slice(5).split(";")[0] });
};

const save = async (button) => {
  const { save: name, format } = button.dataset;
  const figure = built(name, { width: PRINT.width, isDark: false });
  const { width, height } = figure.layout;
  const url = await Plotly.toImage({ ...figure, config: CONFIG }, { width, height, format, scale: format === "png" ? PRINT.scale : 1 });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(bytes(url));
  link.download = `${button.dataset.file}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

controls?.addEventListener("change", drawAll);
dark.addEventListener("change", drawAll);
window.addEventListener("beforeprint", drawForPaper);
window.addEventListener("afterprint", drawAll);
document.querySelectorAll("[data-save]").forEach((button) => button.addEventListener("click", () => save(button)));
document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));
let lastWidth = 0;
new ResizeObserver(() => {
  const width = places[0]?.clientWidth ?? 0;
  if (width && width !== lastWidth) {
    lastWidth = width;
    drawAll();
  }
}).observe(places[0]);
