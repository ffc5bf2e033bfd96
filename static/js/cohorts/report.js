// Follows an import: asks once a second and, when something changed, takes the report anew from the server.

const EVERY_MS = 1000;
const SLOWEST_MS = 15000;
let wait = EVERY_MS;

const report = () => document.getElementById("report");

const refresh = async () => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  report().replaceWith(page.getElementById("report"));
};

const follow = async () => {
  if (report().dataset.over) return;
  try {
    const answer = await fetch(report().dataset.stateUrl, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    const state = await answer.json();
    if (state.is_over || state.waits_for_decision || String(state.done) !== report().dataset.done) await refresh();
    wait = EVERY_MS;
  } catch {
    wait = Math.min(2 * wait, SLOWEST_MS); // the server is away: ask less and less often
  }
  setTimeout(follow, wait);
};

setTimeout(follow, wait);
