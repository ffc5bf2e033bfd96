// The threshold explorer: two sliders, and what follows from where they stand. Every number was worked out by the server
// (screening.statistics); here they are looked up, written and drawn.

import { drawCurves, drawMoving } from "./explorer_figures.js";
import { _, fill } from "../words.js";
import { count, limits, percent, ratio } from "./numbers.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const { points, at: first, cohort_one_in: cohortOneIn } = read("explorer-data");
const figures = read("explorer-figures");
const card = document.querySelector("[data-explorer]");
const one = (selector) => card.querySelector(selector);
const slider = one("#threshold");
const number = one("#threshold-number");
const rarity = one("#prevalence");
const oneIn = one("#prevalence-number");
const trouble = one("[data-trouble]");
const WRITE = { sensitivity: percent, specificity: percent, ppv: percent, npv: percent, positive_ratio: ratio, negative_ratio: ratio, needed_to_screen: count, alarms_per_found: count };
const ROW = ["ppv", "npv", "positive_ratio", "negative_ratio", "needed_to_screen", "alarms_per_found"];
const SIGNS = { fold: "▲", youden: "◆" }; // what stands under the slider and on the curve
const PATIENCE_MS = 150;
const last = points.thresholds.length - 1;

let at = first;
let { place, threshold: shownThreshold } = points.start; // what was typed or named; null for a midpoint

const column = (name) => points.columns[name] ?? at.columns[name];
const series = (name) => [column(name)[place], column(`${name}_lower`)[place], column(`${name}_upper`)[place]];
const counts = () => Object.fromEntries(["tp", "fn", "tn", "fp"].map((name) => [name, column(name)[place]]));

// The operating point of a threshold: so many distinct scores lie below it.
const placeOf = (threshold) => {
  let [low, high] = [0, points.values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points.values[middle] < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
};

const midpoint = () => {
  const threshold = points.thresholds[place];
  return typeof threshold === "number" ? threshold : threshold === "inf" ? Math.max(1, points.values.at(-1)) : Math.min(0, points.values[0]);
};
const thresholdNow = () => shownThreshold ?? midpoint();
const whole = (n) => count(Number(n));
const rarityWords = (value) => (value < 10 ? Number(value).toFixed(1).replace(/\.0$/, "") : whole(value));

const showCounts = () => {
  for (const [name, value] of Object.entries(counts())) one(`[data-count="${name}"]`).textContent = value;
  for (const name of ["found", "missed", "alarms", "cleared"]) one(`[data-expected="${name}"]`).textContent = count(column(name)[place]);
};

const showMeasures = () => {
  for (const [name, write] of Object.entries(WRITE)) {
    const values = series(name);
    one(`[data-measure="${name}"]`).textContent = write(values[0]);
    one(`[data-limits="${name}"]`).textContent = limits(values, write);
  }
};

const sentence = () => {
  const [found, missed, alarms] = ["found", "missed", "alarms"].map((name) => count(column(name)[place]));
  const words = _("Where one child in %(rarity)s is affected, of %(per)s children screened %(found)s affected ones are found and %(missed)s missed; %(alarms)s healthy ones are alarmed. A child called GS is affected with a probability of %(ppv)s.");
  return fill(words, { rarity: rarityWords(at.one_in), per: whole(at.per), found, missed, alarms, ppv: percent(series("ppv")[0]) });
};

const showRows = () => {
  const body = document.querySelector("[data-rows]");
  body.replaceChildren(...at.rows.map((row, i) => {
    const line = document.createElement("tr");
    if (i === 0) line.className = "model";
    line.append(Object.assign(document.createElement("th"), { scope: "row", textContent: row.code }));
    for (const name of ROW) {
      const cell = Object.assign(document.createElement("td"), { className: "number", textContent: WRITE[name](row[name][0]) });
      cell.append(Object.assign(document.createElement("span"), { className: "limits", textContent: limits(row[name], WRITE[name]) }));
      line.append(cell);
    }
    return line;
  }));
};

// A dragged slider moves faster than figures can be drawn: once a frame, as it then stands.
let isDue = false;
const drawSoon = () => {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    drawMoving({ points, place, threshold: thresholdNow() });
  });
};

const showPlace = () => {
  slider.value = place;
  slider.setAttribute("aria-valuetext", fill(_("%(threshold)s: sensitivity %(sensitivity)s, specificity %(specificity)s"), {
    threshold: thresholdNow().toFixed(4),
    sensitivity: percent(series("sensitivity")[0]),
    specificity: percent(series("specificity")[0]),
  }));
  if (document.activeElement !== number) number.value = String(Number(thresholdNow().toFixed(5)));
  for (const button of card.querySelectorAll("[data-mark]")) button.setAttribute("aria-pressed", String(Number(button.dataset.mark) === place));
  showCounts();
  showMeasures();
  one("[data-sentence]").textContent = sentence();
  drawSoon();
};

const showRarity = () => {
  rarity.value = Math.log10(at.one_in);
  rarity.setAttribute("aria-valuetext", fill(_("one child in %(rarity)s"), { rarity: rarityWords(at.one_in) }));
  if (document.activeElement !== oneIn) oneIn.value = at.one_in < 10 ? Number(at.one_in.toFixed(2)) : Math.round(at.one_in);
  showRows();
  showPlace();
  drawCurves({ at, figures });
};

const moveTo = (where, threshold = null) => {
  place = Math.min(last, Math.max(0, where));
  shownThreshold = threshold;
  showPlace();
};

let asked = 0;
let timer = 0;
const fetchAt = async (wish) => {
  const mine = ++asked;
  try {
    const answer = await fetch(`${card.dataset.explorer}?one_in=${wish}`, { headers: { Accept: "application/json" } });
    const body = await answer.json();
    if (mine !== asked) return; // the slider has moved on
    if (!answer.ok) throw new Error(body.detail);
    at = body;
    trouble.hidden = true;
    showRarity();
  } catch (error) {
    if (mine !== asked) return;
    trouble.hidden = false;
    trouble.textContent = error.message || _("The server did not answer; the numbers shown are those of the prevalence before.");
  }
};
const ask = (wish) => {
  clearTimeout(timer);
  timer = setTimeout(() => fetchAt(wish), PATIENCE_MS);
};

const rounded = (value) => Number(value.toPrecision(2));

const showTicks = () => {
  const named = points.marks.filter((mark) => SIGNS[mark.kind]);
  one("[data-ticks]").replaceChildren(...named.map((mark) => {
    const tick = Object.assign(document.createElement("i"), { textContent: SIGNS[mark.kind], title: mark.label });
    tick.style.left = `${(100 * mark.place) / last}%`;
    return tick;
  }));
  one("[data-decades]").replaceChildren(...[1, 2, 3, 4, 5].map((power) => {
    const tick = Object.assign(document.createElement("i"), { textContent: whole(10 ** power) });
    tick.style.left = `${(100 * (power - 1)) / 4}%`;
    return tick;
  }));
};

const showPresets = () => {
  const seen = new Map(); // folds with one threshold are one button
  for (const mark of points.marks) {
    const key = mark.kind === "fold" ? `fold ${mark.threshold}` : mark.kind;
    seen.set(key, { ...mark, folds: [...(seen.get(key)?.folds ?? []), mark.fold] });
  }
  const all = points.marks.filter((mark) => mark.kind === "fold").length;
  one("[data-presets]").replaceChildren(...[...seen.values()].map((mark) => {
    const isAll = mark.kind === "fold" && mark.folds.length === all && all > 1;
    const label = mark.folds.length > 1 ? fill(_("Fold %(n)s"), { n: mark.folds.join(", ") }) : mark.label;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: isAll ? _("All folds' own") : label });
    if (SIGNS[mark.kind]) button.prepend(`${SIGNS[mark.kind]} `);
    button.dataset.mark = mark.place;
    button.addEventListener("click", () => moveTo(mark.place, typeof mark.threshold === "number" ? mark.threshold : null));
    return button;
  }));
};

slider.max = last;
slider.addEventListener("input", () => moveTo(Number(slider.value)));
slider.addEventListener("keydown", (event) => {
  const step = { PageUp: 1, PageDown: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  moveTo(place + step * Math.max(1, Math.round(last / 20)));
});
number.addEventListener("input", () => {
  if (number.value !== "" && Number.isFinite(Number(number.value))) moveTo(placeOf(Number(number.value)), Number(number.value));
});
rarity.addEventListener("input", () => {
  const wish = rounded(10 ** Number(rarity.value));
  oneIn.value = wish;
  ask(wish);
});
oneIn.addEventListener("input", () => oneIn.value !== "" && ask(oneIn.value));
for (const field of [number, oneIn]) field.addEventListener("blur", () => showRarity());
for (const button of card.querySelectorAll("[data-one-in]")) {
  button.addEventListener("click", () => fetchAt(button.dataset.oneIn === "cohort" ? cohortOneIn : button.dataset.oneIn));
}
showTicks();
showPresets();
showRarity();
card.setAttribute("data-ready", "");
