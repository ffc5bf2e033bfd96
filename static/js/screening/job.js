// Follows a comparison that a worker makes: asks once a second and loads the page anew when it has ended.

import { _, fill } from "../words.js";

const EVERY_MS = 1000;
const SLOWEST_MS = 15_000;
const card = document.querySelector("[data-job]");
const trouble = card.querySelector("[data-trouble]");
let wait = EVERY_MS;

const show = ({ state, share, step }) => {
  card.dataset.state = state;
  card.querySelector("progress").value = share;
  card.querySelector("[data-step]").textContent = state === "queued" ? _("Waiting for a worker") : step || _("Starting");
};

const ask = async () => {
  try {
    const answer = await fetch(card.dataset.job, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok) throw new Error(fill(_("the server answered %(status)s"), answer));
    const news = await answer.json();
    trouble.hidden = true;
    wait = EVERY_MS;
    show(news);
    if (!news.is_live) return void window.location.reload();
  } catch (error) {
    wait = Math.min(wait * 2, SLOWEST_MS);
    trouble.hidden = false;
    trouble.textContent = fill(_("No news for now (%(reason)s). The work itself goes on; trying again."), { reason: error.message });
  }
  setTimeout(ask, wait);
};

setTimeout(ask, EVERY_MS);
