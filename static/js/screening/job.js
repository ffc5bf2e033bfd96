// Follows a comparison that a worker makes: asks once a second and loads the page anew when it has ended.

const EVERY_MS = 1000;
const SLOWEST_MS = 15_000;
const card = document.querySelector("[data-job]");
const trouble = card.querySelector("[data-trouble]");
let wait = EVERY_MS;

const show = ({ state, share, step }) => {
  card.dataset.state = state;
  card.querySelector("progress").value = share;
  card.querySelector("[data-step]").textContent = state === "queued" ? "Waiting for a worker" : step || "Starting";
};

const ask = async () => {
  try {
    const answer = await fetch(card.dataset.job, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const news = await answer.json();
    trouble.hidden = true;
    wait = EVERY_MS;
    show(news);
    if (!news.is_live) return void window.location.reload();
  } catch (error) {
    wait = Math.min(wait * 2, SLOWEST_MS);
    trouble.hidden = false;
    trouble.textContent = `No news for now (${error.message}). The work itself goes on; trying again.`;
  }
  setTimeout(ask, wait);
};

setTimeout(ask, EVERY_MS);
