// Follows a run: asks once a second, draws the bars and curves, and loads the page anew when the run has ended.

import { drawCurves, redrawOnTheme } from "./curves.js";
import { _, fill } from "../words.js";

const EVERY_MS = 1000;
const SLOWEST_MS = 15000;
const card = document.querySelector("[data-run]");
const BADGES = { finished: "good", failed: "bad", cancelled: "warn", running: "accent" };

const show = (progress) => {
  card.querySelector("[data-share]").value = progress.share;
  card.querySelector("[data-left]").textContent = inWords(progress.seconds_left);
  setBadge(card.querySelector("[data-run-state]"), progress);
  const list = card.querySelector("[data-folds]");
  if (progress.folds.length) list.querySelector("[data-waiting]")?.remove();
  for (const fold of progress.folds) showFold(list, fold);
  document.querySelector("[data-curves]").hidden = !progress.folds.some((fold) => fold.epochs > 1);
  drawCurves(progress.folds);
};

const showFold = (list, fold) => {
  let row = list.querySelector(`[data-fold="${fold.index}"]`);
  if (!row) list.append((row = newRow(fold)));
  setBadge(row.querySelector("[data-fold-state]"), fold);
  const bar = row.querySelector("progress");
  bar.max = fold.epochs;
  bar.value = fold.state === "finished" ? fold.epochs : fold.epoch;
  row.querySelector("[data-fold-text]").textContent = foldText(fold);
};

const newRow = (fold) => {
  const row = document.createElement("div");
  row.className = "fold";
  row.dataset.fold = fold.index;
  const name = Object.assign(document.createElement("span"), { className: "fold-name" });
  name.append(Object.assign(document.createElement("i"), { className: `swatch s${fold.index}` }), fill(_("Fold %(index)s"), { index: fold.index + 1 }));
  const state = document.createElement("span");
  state.dataset.foldState = "";
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", fill(_("Epochs of fold %(index)s"), { index: fold.index + 1 }));
  const text = Object.assign(document.createElement("span"), { className: "small muted" });
  text.dataset.foldText = "";
  row.append(name, state, bar, text);
  return row;
};

const setBadge = (place, { state, state_label: label }) => {
  const badge = place.querySelector(".badge") ?? place.appendChild(document.createElement("span"));
  badge.className = `badge ${BADGES[state] ?? ""}`;
  badge.dataset.state = state;
  badge.textContent = label;
};

const foldText = (fold) => {
  const last = (key) => fold.curves[key].at(-1);
  const parts = [fill(_("epoch %(epoch)s of %(epochs)s"), fold)];
  if (last("loss") != null) parts.push(fill(_("loss %(value)s"), { value: last("loss").toFixed(3) }));
  if (last("val_auc") != null) parts.push(`AUC ${last("val_auc").toFixed(3)}`);
  return parts.join(" · ");
};

const inWords = (seconds) => {
  if (seconds == null) return "";
  if (seconds < 60) return _("less than a minute left");
  if (seconds < 5400) return fill(_("about %(n)s min left"), { n: Math.round(seconds / 60) });
  return fill(_("about %(n)s h left"), { n: Math.round(seconds / 3600) });
};

let wait = EVERY_MS;
const ask = async () => {
  const trouble = card.querySelector("[data-trouble]");
  try {
    const answer = await fetch(card.dataset.url, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok) throw new Error(fill(_("the server answered %(status)s"), { status: answer.status }));
    const { progress } = await answer.json();
    trouble.hidden = true;
    wait = EVERY_MS;
    show(progress);
    if (progress.is_ended || finished(progress) > finished(start)) return void window.location.reload();
  } catch (error) {
    wait = Math.min(wait * 2, SLOWEST_MS);
    trouble.hidden = false;
    trouble.textContent = fill(_("No news for now (%(why)s). The run itself goes on; trying again."), { why: error.message });
  }
  setTimeout(ask, document.hidden ? SLOWEST_MS : wait);
};

// The tables are the server's: every finished fold brings a new column, and the browser keeps its place.
const finished = (progress) => progress.folds.filter((fold) => fold.state === "finished").length;

const start = JSON.parse(document.getElementById("progress").textContent);
show(start);
redrawOnTheme();
if (!start.is_ended) setTimeout(ask, EVERY_MS);
