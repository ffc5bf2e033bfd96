// Ticking runs to compare: two to six of one cohort. The server refuses everything else too, with a sentence.

import { _, fill } from "../words.js";

const form = document.querySelector("[data-compare]");
const boxes = [...form.querySelectorAll("input[name=run]")];
const button = form.querySelector("button");
const hint = form.querySelector("[data-hint]");
const FEWEST = 2;
const MOST = 6;

const show = () => {
  const ticked = boxes.filter((box) => box.checked);
  const cohort = ticked[0]?.dataset.cohort;
  for (const box of boxes) {
    box.disabled = !box.checked && (ticked.length === MOST || (cohort !== undefined && box.dataset.cohort !== cohort));
  }
  button.disabled = ticked.length < FEWEST;
  hint.textContent =
    ticked.length === 0 ? _("Tick two to six finished runs of one cohort.")
    : ticked.length === 1 ? _("One ticked: tick another of the same cohort.")
    : ticked.length === MOST ? fill(_("%(n)s ticked, as many as fit."), { n: ticked.length })
    : fill(_("%(n)s ticked."), { n: ticked.length });
};

form.addEventListener("change", show);
addEventListener("pageshow", show); // the browser keeps the ticks when one comes back
show();
