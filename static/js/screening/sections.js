// Draws the figures of the sections, saves them for print, and marks in the page's menu where the reader is.

/* global Plotly */
import { CONFIG, bytes, recoloured } from "./figure.js";

const PRINT = { width: 900, scale: 3 }; // as the ROC figures
const SHEET = 660; // px: an upright sheet of paper between its margins
const NARROW = 480; // px: a phone
const TALLER = 40; // px more for a legend that breaks its line
const NOTE = 28; // px more for a note of three lines

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const charts = JSON.parse(document.getElementById("charts").textContent);
const places = [...document.querySelectorAll("[data-chart]")];
const menu = document.querySelector(".on-page");

const built = (name, { width, isDark }) => {
  const figure = width < NARROW ? narrowed(charts[name]) : charts[name];
  const sized = { data: figure.data, layout: { ...figure.layout, width, height: heightOf(name, width) } };
  return isDark ? recoloured(sized) : sized;
};

// On a phone: smaller letters, the note in lines of its own, and no colour bar where every cell says its number.
function narrowed({ data, layout }) {
  const notes = layout.annotations.map((one) => (one.name === "note" ? { ...one, text: one.text.replaceAll(", ", "<br>") } : one));
  return {
    data: data.map((trace) => (trace.type === "heatmap" && trace.texttemplate ? { ...trace, showscale: false } : trace)),
    layout: { ...layout, annotations: notes, font: { ...layout.font, size: 11 }, margin: { ...layout.margin, t: layout.margin.t + NOTE } },
  };
}

function heightOf(name, width) {
  const { layout } = charts[name];
  return layout.height + (width < NARROW ? NOTE + (layout.showlegend ? TALLER : 0) : 0);
}

const draw = (place, { width, isDark }) => {
  const { data, layout } = built(place.dataset.chart, { width, isDark });
  return Plotly.react(place, data, layout, CONFIG).then(() => place.setAttribute("data-drawn", ""));
};

const onScreen = (place) => draw(place, { width: place.clientWidth, isDark: dark.matches });
const drawAll = () => places.forEach(onScreen);

const save = async (button) => {
  const { saveChart: name, format, file } = button.dataset;
  const figure = built(name, { width: PRINT.width, isDark: false });
  const { width, height } = figure.layout;
  const url = await Plotly.toImage({ ...figure, config: CONFIG }, { width, height, format, scale: format === "png" ? PRINT.scale : 1 });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(bytes(url));
  link.download = `${file}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

// The room is taken at once, so that nothing on the page moves when a figure is drawn into it.
places.forEach((place) => { place.style.minHeight = `${heightOf(place.dataset.chart, place.clientWidth)}px`; });
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();

// One after the other, each in a turn of its own: the page answers in between.
const drawInTurns = async () => {
  for (const place of places) {
    await new Promise((done) => setTimeout(done));
    await onScreen(place);
  }
};

let lastWidth = 0;
if (places.length) {
  new ResizeObserver(() => {
    const width = places[0].clientWidth;
    if (!width || width === lastWidth) return;
    const isFirst = lastWidth === 0;
    lastWidth = width;
    if (isFirst) drawInTurns();
    else drawAll();
  }).observe(places[0]);
}
dark.addEventListener("change", drawAll);
window.addEventListener("beforeprint", () => places.forEach((place) => draw(place, { width: SHEET, isDark: false })));
window.addEventListener("afterprint", drawAll);
document.querySelectorAll("[data-save-chart]").forEach((button) => button.addEventListener("click", () => save(button)));

// The menu: the section under the top edge is the current one; its entry is kept in sight.
const links = new Map([...(menu?.querySelectorAll("a") ?? [])].map((link) => [link.hash.slice(1), link]));
const mark = () => {
  const edge = menu.getBoundingClientRect().bottom + 24;
  const isAtEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
  const sections = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  const passed = sections.filter((section) => section.getBoundingClientRect().top <= edge);
  const current = isAtEnd ? sections.at(-1) : passed.at(-1);
  for (const [id, link] of links) {
    const isCurrent = id === current?.id;
    if (isCurrent === link.hasAttribute("aria-current")) continue;
    if (!isCurrent) link.removeAttribute("aria-current");
    else {
      link.setAttribute("aria-current", "true");
      const row = menu.firstElementChild;
      row.scrollLeft = link.offsetLeft - row.offsetLeft - (row.clientWidth - link.offsetWidth) / 2;
    }
  }
};
if (menu) {
  let isAsked = false;
  document.addEventListener("scroll", () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => { isAsked = false; mark(); });
  }, { passive: true });
  mark();
}
