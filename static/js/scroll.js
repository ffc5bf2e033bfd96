// A table or a figure that is wider than its place is scrolled sideways: with the keyboard only if its place can be reached.

import { _ } from "./words.js";

const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";

const look = (place) => {
  const scrolls = place.scrollWidth > place.clientWidth && !place.querySelector(FOCUSABLE);
  place.toggleAttribute("tabindex", scrolls);
  if (!scrolls) {
    place.removeAttribute("role");
    place.removeAttribute("aria-label");
    return;
  }
  place.tabIndex = 0;
  if (place.tagName === "FIGURE") return; // its caption names it
  const title = place.querySelector("caption") ?? place.closest("section, details, .card")?.querySelector("h2, h3, summary");
  place.setAttribute("role", "group");
  const name = title?.textContent.trim() ?? _("Table");
  place.setAttribute("aria-label", _("%(table)s, scrolls sideways").replace("%(table)s", () => name));
};

const watch = new ResizeObserver((entries) => entries.forEach(({ target }) => look(target)));
for (const place of document.querySelectorAll(".table-wrap, .report figure")) {
  watch.observe(place);
  const table = place.querySelector("table, svg");
  if (table) new ResizeObserver(() => look(place)).observe(table);
}
