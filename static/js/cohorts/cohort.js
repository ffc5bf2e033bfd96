// While the face finder works, keeps the counts and the bar of a cohort's page up to date.

const EVERY_MS = 1000;
const SLOWEST_MS = 15000;
let wait = EVERY_MS;

const live = () => document.getElementById("live");

const show = (counts) => {
  for (const cell of live().querySelectorAll("[data-count]")) {
    cell.textContent = counts[cell.dataset.count].toLocaleString("en");
  }
  const bar = live().querySelector("progress");
  if (bar) {
    bar.max = counts.total;
    bar.value = counts.done;
  }
};

// All faces are settled: gallery and buttons change too, so the page's content is taken anew.
const refresh = async () => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("content").replaceWith(page.getElementById("content"));
};

const follow = async () => {
  try {
    const answer = await fetch(live().dataset.progressUrl, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    const counts = await answer.json();
    show(counts);
    if (!counts.imported) return void (await refresh());
    wait = EVERY_MS;
  } catch {
    wait = Math.min(2 * wait, SLOWEST_MS);
  }
  setTimeout(follow, wait);
};

if (Number(live()?.dataset.waiting)) setTimeout(follow, wait);
