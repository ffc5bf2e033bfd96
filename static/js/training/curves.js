// The two live figures, in the colours of the page's own tokens. Nothing is sent anywhere: no share button, no server.

import { isDark, isPaper, onTheme, token } from "./theme.js";
import { _, fill } from "../words.js";

/* global Plotly */
const CONFIG = { showSendToCloud: false, plotlyServerURL: "", displaylogo: false, responsive: true, displayModeBar: false };
const COLOURS = 5;
const ON_PAPER = { width: 330, height: 230 }; // px: two figures beside each other on A4
let shown = [];
let drawn = "";

const nameOf = (fold) => fill(_("Fold %(index)s"), { index: fold.index + 1 });

const line = (fold, key, extra) => ({
  x: fold.curves.epoch,
  y: fold.curves[key],
  name: nameOf(fold),
  mode: fold.curves.epoch.length > 1 ? "lines" : "markers",
  line: { color: token(`--fold-${fold.index % COLOURS}`), width: 2, ...extra },
  marker: { color: token(`--fold-${fold.index % COLOURS}`), size: 7 },
  hovertemplate: `${fill(_("%(fold)s, epoch %(epoch)s: %(value)s"), { fold: nameOf(fold), epoch: "%{x}", value: "%{y:.3f}" })}<extra></extra>`,
});

const layout = (title, epochs, range) => ({
  ...(isPaper() ? ON_PAPER : {}),
  margin: { l: 48, r: 12, t: 8, b: 40 },
  paper_bgcolor: "rgba(0,0,0,0)",
  plot_bgcolor: "rgba(0,0,0,0)",
  font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: token("--ink-soft") },
  showlegend: false,
  hoverlabel: { bgcolor: token("--surface"), bordercolor: token("--line-strong"), font: { color: token("--ink") } },
  xaxis: { title: { text: _("epoch") }, range: [0.5, Math.max(epochs, 2) + 0.5], gridcolor: token("--line"), zeroline: false, dtick: epochs <= 12 ? 1 : undefined },
  yaxis: { title: { text: title }, gridcolor: token("--line"), zeroline: false, rangemode: "tozero", ...(range ? { range } : {}) },
});

export const drawCurves = (folds) => {
  if (!window.Plotly || folds.length === 0) return;
  const state = JSON.stringify(folds.map((fold) => fold.curves.epoch.length)) + isDark() + isPaper();
  shown = folds;
  if (state === drawn) return;
  drawn = state;
  const epochs = Math.max(...folds.map((fold) => fold.epochs));
  const loss = folds.flatMap((fold) => [line(fold, "loss", {}), line(fold, "val_loss", { dash: "dot" })]);
  const auc = folds.map((fold) => line(fold, "val_auc", {}));
  Plotly.react(document.querySelector('[data-plot="loss"]'), loss, layout(_("loss"), epochs), CONFIG);
  Plotly.react(document.querySelector('[data-plot="auc"]'), auc, layout("AUC", epochs, [0, 1.02]), CONFIG);
};

export const redrawOnTheme = () => onTheme(() => drawCurves(shown));
