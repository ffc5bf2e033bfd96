// Fills in what the chosen cohort and recipe mean: faces by class, duration, and each field's own value in grey.

import { _, fill } from "../words.js";

const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const form = document.querySelector("[data-new-run]");

if (form) {
  const offers = read("offers");
  const values = read("preset-values");
  const faces = form.querySelector("[data-faces]");
  const pace = form.querySelector("[data-pace]");

  const showCohort = () => {
    const offer = offers[form.elements.cohort.value];
    if (!offer) return;
    const ready = offer.syndrome + offer.control;
    faces.hidden = false;
    faces.classList.toggle("warn", ready === 0);
    faces.textContent = ready
      ? fill(_("%(ready)s faces are ready: %(syndrome)s with a syndrome, %(control)s controls. %(kind)s."), { ready, ...offer })
      : _("No face of this cohort is ready for training yet.");
    for (const badge of form.querySelectorAll("[data-time]")) {
      badge.hidden = ready === 0;
      badge.textContent = offer.times[badge.dataset.time];
    }
    pace.hidden = ready === 0;
    pace.textContent = offer.is_measured
      ? _("Times: one worker, at the pace of the last training here.")
      : _("Times: one worker on two processor cores, roughly. After a first run they follow the pace measured here.");
  };

  const showPreset = () => {
    const own = values[form.elements.preset.value] ?? {};
    const isNetwork = form.querySelector("[name=preset]:checked")?.dataset.isNetwork !== "no";
    for (const part of form.querySelectorAll("[data-for]")) part.hidden = (part.dataset.for === "network") !== isNetwork;
    for (const field of form.querySelectorAll("[data-choice]")) {
      field.placeholder = own[field.dataset.choice] ?? "";
    }
  };

  form.addEventListener("change", () => { showCohort(); showPreset(); });
  showCohort();
  showPreset();
}
