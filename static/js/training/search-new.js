// Says how many recipes and trainings the ticks make, and roughly how long they take.

import { _, fill } from "../words.js";

const facts = JSON.parse(document.getElementById("search-facts").textContent);
const form = document.querySelector("[data-new-search]");
const place = form.querySelector("[data-count]");

const inWords = (seconds) => {
  if (seconds < 5400) return fill(_("about %(n)s min"), { n: Math.max(1, Math.round(seconds / 60)) });
  if (seconds < 48 * 3600) return fill(_("about %(n)s hours"), { n: Math.round(seconds / 3600) });
  return fill(_("about %(n)s days"), { n: Math.round(seconds / 86400) });
};

const show = () => {
  const ticks = [...form.querySelectorAll("[data-axis]")].map((axis) => axis.querySelectorAll("input:checked").length);
  const used = ticks.filter((count) => count > 0);
  const several = used.filter((count) => count > 1);
  const recipes = used.reduce((product, count) => product * count, 1);
  const folds = facts.folds[form.elements.preset.value];
  place.hidden = used.length === 0;
  const product = several.length > 1 ? `${several.join(" × ")} = ${recipes}` : `${recipes}`;
  const seconds = facts.seconds[form.elements.cohort.value]?.[form.elements.preset.value];
  const time = seconds ? ` ${fill(_("One worker needs %(time)s if all cost as much as the base recipe."), { time: inWords(seconds * recipes) })}` : "";
  const isMuch = recipes > Number(form.dataset.mostPoints) || used.length > Number(form.dataset.mostAxes);
  place.classList.toggle("warn", isMuch || recipes < 2);
  place.textContent =
    recipes < 2
      ? _("Tick at least two values of one choice.")
      : `${fill(_("%(product)s recipes on %(folds)s folds: %(trainings)s trainings."), { product, folds, trainings: recipes * folds })}${time}${isMuch ? ` ${_("That is more than one search may have.")}` : ""}`;
};

form.addEventListener("change", show);
show();
