// The reading page: asks the server for the place, shows one face, saves the answer, and only then asks again.

import { insist, post } from "./api.js";
import { fatigue, outbox, rules, screen, told } from "./desk.js";
import { newKey } from "./question.js";
import { takeSeat } from "./seat.js";
import { note, readTrial, watch } from "./turn.js";
import { _, fill } from "../words.js";

const HINT_MS = 8000;

// The key goes out with the question and again with the start of the look: so the server knows a question that the network
// held up until the look had begun, and does not take this page for gone.
async function placeFrom(address) {
  const key = newKey();
  const answer = await insist(() => post(address, { key }), told);
  if (answer.ok) return { ...answer.data, key };
  await screen.ask({ title: _("Reading stops here"), text: answer.data.detail ?? _("The server refused to go on."), button: _("Back to the study") });
  location.assign(rules.urls.study);
  return new Promise(() => {});
}

async function begin() {
  const lost = () => stopHere(_("Reading goes on in another tab"), _("This tab has handed over. You can close it."));
  if (!(await takeSeat(rules.session, { lost }))) {
    await screen.ask({ title: _("You are reading in another tab"), text: _("Go on there, or read here instead."), button: _("Read here") });
    await takeSeat(rules.session, { isForced: true, lost });
  }
  const unsent = await outbox.open();
  const title = rules.is_practice ? _("Practice") : _("Ready?");
  const text = unsent
    ? _("Sit comfortably, with the whole screen in view. Each face is shown once. An answer that could not be sent before is sent now.")
    : _("Sit comfortably, with the whole screen in view. Each face is shown once.");
  await screen.ask({ title, text, button: _("Start") });
  await watch.enterFullscreen();
  await outbox.flush();
  // What was sent just now may have been the last answer of all: a session that is over cannot be started.
  return placeFrom(unsent ? rules.urls.next : rules.urls.start);
}

async function stopHere(title, text) {
  watch.disturbed("other-tab");
  await screen.ask({ title, text, button: "" });
}

async function rest({ done, total }) {
  screen.phase("panel");
  const text = fill(_("%(done)s of %(total)s faces are done and saved. Stand up, look out of the window; the next block starts when you do."), { done, total });
  const begun = performance.now();
  await screen.ask({ title: _("Time for a rest"), text, button: _("Start the next block") });
  note("rest-taken", { seconds: Math.round((performance.now() - begun) / 1000) });
  fatigue.rested();
}

// Once, in the gap between two faces. The next face comes by itself.
async function hintAtRest() {
  const hint = watch.hasPauseComing ? null : fatigue.hint();
  if (!hint) return;
  const { text, ...seen } = hint;
  note("fatigue-hint", seen);
  screen.phase("hint", fill(_("%(hint)s If you feel tired, a short rest helps: press P for a pause, or Space to go on."), { hint: text }));
  await screen.readFor(HINT_MS);
}

async function failedPractice() {
  const text = fill(_("To start, %(share)s of the practice faces have to be right. The same faces come again in another order."), { share: `${rules.pass_percent} %` });
  await screen.ask({ title: _("Once more, please"), text, button: _("Practise again") });
  return placeFrom(rules.urls.practice);
}

// Seconds that one face takes beside the look itself, before the reader's own pace is known.
const overhead = () => 4 + (rules.undo_ms ?? 0) / 1000 + (rules.is_sequential ? 8 : 0);

async function play() {
  let place = await begin();
  let isFirst = true;
  while (place.state !== "finished") {
    if (place.state === "practice_failed") {
      place = await failedPractice();
      continue;
    }
    if (place.is_rest_due && !isFirst) await rest(place);
    else await hintAtRest();
    isFirst = false;
    screen.place(place, rules.exposure_ms / 1000 + overhead());
    const begun = performance.now();
    const hadPause = watch.hasPauseComing;
    await readTrial(place);
    if (!hadPause) screen.took((performance.now() - begun) / 1000, place.trial.token);
    place = await placeFrom(rules.urls.next);
  }
  await watch.leaveFullscreen();
  location.replace(rules.urls.over);
}

play().catch((problem) => {
  console.error(problem);
  note("page-problem", { message: String(problem.message).slice(0, 300) });
  screen.ask({ title: _("The page has stopped"), text: fill(_("Your answers are safe. Reload the page to go on. (%(problem)s)"), { problem: problem.message }), button: _("Reload") }).then(() => location.reload());
});
