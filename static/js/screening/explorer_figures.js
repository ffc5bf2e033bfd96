// The explorer's figures: ROC and scores move with the threshold, the decision curve with the prevalence.

import { plot } from "./plot.js";
import { _, fill } from "../words.js";

const place = (name) => document.querySelector(`[data-plot="${name}"]`);
const PERCENT = { range: [-0.015, 1.015], dtick: 0.2, tickformat: ".0%" };
const READER_COLOURS = { senior: "--fold-5", junior: "--fold-1" };
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "x", "pentagon", "star", "hexagon", "triangle-down", "cross"];
const DASHES = ["dash", "dot", "dashdot", "longdash", "longdashdot"];
const MOST_NAMED = 12; // readers past this many are drawn without their names

const where = () => `${fill(_("sensitivity %(sensitivity)s, 1 − specificity %(rest)s"), { sensitivity: "%{y:.1%}", rest: "%{x:.1%}" })}<extra></extra>`;

const rocReaders = (readers) => readers.map((reader, i) => ({
  type: "scatter",
  mode: readers.length > MOST_NAMED ? "markers" : "markers+text",
  x: [1 - reader.specificity],
  y: [reader.sensitivity],
  text: [reader.code],
  textposition: "bottom right",
  showlegend: false,
  name: reader.code,
  marker: { symbol: SYMBOLS[i % SYMBOLS.length] + (reader.is_simulated ? "-open" : ""), size: 9, color: READER_COLOURS[reader.seniority] ?? "--fold-2" },
  textfont: { color: READER_COLOURS[reader.seniority] ?? "--fold-2" },
  hovertemplate: `${reader.code}<br>${where()}`,
}));

const drawRoc = ({ points, place: k }) => {
  const { sensitivity, specificity } = points.columns;
  const line = (x, y, look) => ({ type: "scatter", mode: "lines", x, y, hoverinfo: "skip", showlegend: false, line: look });
  const folds = points.marks.filter((mark) => mark.kind === "fold");
  const marker = (places, look) => ({ type: "scatter", mode: "markers", x: places.map((i) => 1 - specificity[i]), y: places.map((i) => sensitivity[i]), ...look });
  const cross = (name, i) => ({ type: "data", symmetric: false, array: [points.columns[`${name}_upper`][i] - points.columns[name][i]], arrayminus: [points.columns[name][i] - points.columns[`${name}_lower`][i]], color: "--accent", thickness: 1.5, width: 5 });
  const across = cross("specificity", k);
  plot(place("roc"), [
    line([0, 1], [0, 1], { color: "--ink-soft", width: 1, dash: "dot" }),
    line(specificity.map((value) => 1 - value), sensitivity, { color: "--ink", width: 2 }),
    ...rocReaders(points.readers),
    marker(folds.map((mark) => mark.place), { name: _("The folds' own thresholds"), marker: { symbol: "triangle-up", size: 11, color: "--ink" }, hoverinfo: "name" }),
    marker(points.marks.filter((mark) => mark.kind === "youden").map((mark) => mark.place), { name: _("Youden's best on these cases"), marker: { symbol: "diamond-open", size: 11, color: "--ink", line: { width: 1.5 } }, hoverinfo: "name" }),
    marker([k], {
      name: _("The threshold chosen here, with its intervals"),
      marker: { symbol: "star", size: 17, color: "--accent", line: { color: "--surface", width: 1 } },
      error_y: cross("sensitivity", k),
      error_x: { ...across, array: across.arrayminus, arrayminus: across.array }, // the axis is 1 − specificity
      hovertemplate: where(),
    }),
  ], {
    xaxis: { ...PERCENT, title: { text: _("1 − specificity (controls called GS)") } },
    yaxis: { ...PERCENT, title: { text: _("Sensitivity (GS called GS)") } },
  }, { most: 520 });
};

const drawScores = ({ points, threshold }) => {
  const { edges, gs, controls } = points.scores;
  const middle = gs.map((_, i) => (edges[i] + edges[i + 1]) / 2);
  const tallest = Math.max(...gs, ...controls, 1) * 1.08;
  const bars = (heights, counts, label, colour) => ({
    type: "bar", x: middle, y: heights, customdata: counts, name: label, width: (edges[1] - edges[0]) * 0.92,
    marker: { color: colour, opacity: middle.map((at) => (at >= threshold ? 1 : 0.45)) },
    hovertemplate: `${fill(_("%(label)s, score about %(score)s: %(n)s"), { label, score: "%{x:.2f}", n: "%{customdata}" })}<extra></extra>`,
  });
  plot(place("scores"), [
    bars(gs, gs, "GS", "--fold-1"),
    bars(controls.map((n) => -n), controls, _("Controls"), "--fold-0"),
  ], {
    barmode: "relative",
    bargap: 0.05,
    xaxis: { title: { text: _("Held-out score") }, range: [edges[0], edges.at(-1)] },
    yaxis: { title: { text: _("Cases") }, range: [-tallest, tallest], tickformat: "d", zeroline: true, zerolinecolor: "--line-strong", ...countTicks(tallest) },
    shapes: [{ type: "line", x0: threshold, x1: threshold, y0: -tallest, y1: tallest, line: { color: "--accent", width: 3 } }],
  }, { most: 520 });
};

// One to four round numbers each way; below the line they are counts too, not negative ones.
const countTicks = (tallest) => {
  const step = [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((n) => n * 10 ** power)).find((n) => n * 4 >= tallest);
  const up = Array.from({ length: Math.floor(tallest / step) }, (_, i) => (i + 1) * step);
  const tickvals = [...up.map((n) => -n).reverse(), 0, ...up];
  return { tickvals, ticktext: tickvals.map((n) => String(Math.abs(n))) };
};

export const drawMoving = (state) => {
  drawRoc(state);
  drawScores(state);
};

const oneIn = (p) => {
  const n = 1 / p;
  return n >= 10 ? Math.round(n).toString().replace(/\B(?=(\d{3})+(?!\d))/g, " ") : n.toFixed(1);
};

const drawDecision = ({ decision, prevalence }) => {
  const x = decision.threshold;
  const line = (y, name, look, extra = {}) => ({ type: "scatter", mode: "lines", x, y, name, line: look, customdata: x.map(oneIn), hovertemplate: `${name}<br>${fill(_("work up 1 in %(n)s: net benefit %(benefit)s"), { n: "%{customdata}", benefit: "%{y:.3f}" })}<extra></extra>`, ...extra });
  const many = decision.readers.length > MOST_NAMED;
  plot(place("decision"), [
    { type: "scatter", mode: "lines", x: [...x, ...[...x].reverse()], y: [...decision.upper, ...[...decision.lower].reverse()], fill: "toself", fillcolor: "rgba(86, 180, 233, 0.28)", line: { width: 0 }, hoverinfo: "skip", showlegend: false, name: "interval" },
    line(decision.treat_all, _("Work up every child"), { color: "--ink-soft", width: 1.5, dash: "dash" }),
    line(x.map(() => 0), _("Work up none"), { color: "--ink-soft", width: 1.5 }),
    ...decision.readers.map((reader, i) => line(reader.benefit, reader.code, { color: `--fold-${(i + 1) % 6}`, width: 1.3, dash: DASHES[i % DASHES.length] }, { showlegend: !many })),
    line(decision.benefit, _("Model"), { color: "--ink", width: 2.6 }),
  ], {
    legend: { orientation: "h" },
    xaxis: { type: "log", range: [Math.log10(x[0]), Math.log10(x.at(-1))], title: { text: document.documentElement.clientWidth < 600 ? _("Work up 1 in N") : _("Probability from which one acts: work up 1 in N") }, ...ticksFor(x) },
    yaxis: { title: { text: _("Net benefit (1 is perfect)") }, range: [-0.25, 1.05], dtick: 0.25, tickformat: ".2f", zeroline: false },
    shapes: [{ type: "line", x0: prevalence, x1: prevalence, y0: -0.25, y1: 1.05, line: { color: "--line-strong", width: 1, dash: "dot" } }],
    annotations: [{ x: Math.log10(prevalence), y: 1.03, text: _("prevalence"), showarrow: false, xanchor: "left", xshift: 4, yanchor: "top", font: { color: "--ink-soft" } }],
  }, { ratio: 0.46, most: 1100 });
};

const ticksFor = (x) => {
  const candidates = [0.9, 0.5, ...[1, 2, 3, 4, 5, 6, 7, 8].map((power) => 10 ** -power)];
  const shown = candidates.filter((p) => p >= x[0] && p <= x.at(-1));
  const most = document.documentElement.clientWidth < 600 ? 4 : 9;
  const every = Math.ceil(shown.length / most);
  const tickvals = shown.filter((_, i) => i % every === 0);
  return { tickvals, ticktext: tickvals.map((p) => (p >= 0.1 ? `${Math.round(100 * p)} %` : fill(_("1 in %(n)s"), { n: oneIn(p) }))) };
};

export const drawCurves = ({ at, figures }) => {
  drawDecision(at);
  const { data, layout } = figures.reliability;
  plot(place("reliability"), data, layout, { most: 480 });
};
