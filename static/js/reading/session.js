// The reading page: asks the server for the place, shows one face, saves the answer, and only then asks again.

import { insist, pause, post } from "./api.js";
import { Answers } from "./answers.js";
import { frame } from "./frames.js";
import { Outbox } from "./outbox.js";
import { Screen } from "./screen.js";
import { takeSeat } from "./seat.js";
import { Look, discard, fetchFace, round, settle } from "./trial.js";

const MASK_MS = 500;
const FETCH_AHEAD_MS = 400; // after the onset: the network is quiet while the face comes up

const rules = JSON.parse(document.getElementById("page").textContent);
const screen = new Screen();
const stage = { plate: screen.plate, mask: screen.mask };
const answers = new Answers({
  no: document.getElementById("no"),
  yes: document.getElementById("yes"),
  scale: document.getElementById("scale"),
  confidence: rules.confidence,
});
const told = (word) => screen.saving(word ?? "saved");
const outbox = new Outbox({ session: rules.session, send: post, told });
const url = (trial, door) => `${rules.urls.trials}${trial.token}/${door}/`;
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

window.__readings = []; // what this page recorded, for an observer from outside

let current = null; // {trial, look} while a face may be on the screen
let ahead = null; // {token, face: Promise}
let wantsPause = false;
let isFullscreen = false;

// --- what may happen to the page ------------------------------------------------------------------------------------

function disturbed(kind) {
  current?.look.note(kind);
  current?.look.stop("left", kind);
}

document.addEventListener("visibilitychange", () => { if (document.hidden) disturbed("hidden"); });
window.addEventListener("blur", () => disturbed("blur"));
document.addEventListener("fullscreenchange", () => { if (isFullscreen && !document.fullscreenElement) disturbed("fullscreen-left"); });
window.addEventListener("resize", () => current?.look.note("resize", { size: [innerWidth, innerHeight] }));
window.addEventListener("pagehide", () => {
  if (!current || current.look.isOver) return;
  const { look, trial } = current;
  look.note("pagehide");
  post(url(trial, "exposure"), { ...described(look.measured()), end: "left", kind: "pagehide" }, { keepalive: true });
});
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
screen.plate.addEventListener("contextmenu", (event) => event.preventDefault()); // a deterrent, no more
document.getElementById("pause").addEventListener("click", () => { wantsPause = true; showPause(); });
window.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "p" || event.repeat || !screen.panel.hidden) return;
  wantsPause = true;
  showPause();
});

function showPause() {
  document.getElementById("pause").textContent = wantsPause ? "Pausing after this face" : "Pause (P)";
}

const isUndisturbed = () => !document.hidden && document.hasFocus() && (!isFullscreen || Boolean(document.fullscreenElement));

async function enterFullscreen() {
  await document.documentElement.requestFullscreen?.({ navigationUI: "hide" }).catch(() => {});
  isFullscreen = Boolean(document.fullscreenElement);
}

// Waits, before a face, until the reader sits in front of the page and wants to go on.
async function readiness() {
  if (!wantsPause && isUndisturbed()) return false;
  const text = wantsPause ? "Take the time you need. The next face comes when you go on." : "The next face waits until you are back.";
  await screen.ask({ title: wantsPause ? "Pause" : "You were away", text, button: "Go on" });
  wantsPause = false;
  showPause();
  if (isFullscreen && !document.fullscreenElement) await enterFullscreen();
  return true;
}

// --- one face -------------------------------------------------------------------------------------------------------

function described(outcome, more = {}) {
  const box = screen.plate.getBoundingClientRect();
  const screenful = {
    viewport: [innerWidth, innerHeight],
    screen: [window.screen.width, window.screen.height],
    pixel_ratio: devicePixelRatio,
    shown_size: [Math.round(box.width), Math.round(box.height)],
    is_fullscreen: Boolean(document.fullscreenElement),
    user_agent: navigator.userAgent,
  };
  return { ...outcome, measures: { ...outcome.measures, ...screenful, ...more } };
}

async function faceOf(trial) {
  const waiting = ahead;
  ahead = null;
  if (waiting?.token === trial.token) {
    const face = await waiting.face;
    if (face) return face;
  } else waiting?.face.then(discard);
  return fetchFace(trial, told);
}

function fetchAhead(trial) {
  if (trial && ahead?.token !== trial.token) ahead = { token: trial.token, face: fetchFace(trial, told).catch(() => null) };
}

// Fixation, then the server's word, then the look. Null when the server has other plans for this trial.
async function lookAt(trial, next) {
  const face = await faceOf(trial);
  if (!face) return null;
  screen.phase("fixation");
  let period = await settle(face, stage);
  while (await readiness()) period = await settle(face, stage);
  const key = newKey();
  const asked = performance.now();
  let tries = 0;
  const started = await insist(() => { tries += 1; return post(url(trial, "start"), { key }); }, told);
  if (!started.ok) {
    discard(face);
    await readElsewhere(started);
    return null;
  }
  const ack = { ack_ms: round(performance.now() - asked), start_tries: tries, decode_ms: round(face.decode_ms), bytes: face.bytes };
  const look = new Look({ face, mask: screen.mask, requestedMs: started.data.requested_ms, period });
  current = { trial, look };
  if (!isUndisturbed()) look.stop("left", document.hidden ? "hidden" : "blur");
  const reading = { key: trial.token, onset: null, offset: null, duration: null, rt: null };
  window.__readings.push(reading);
  let answering = null;
  const outcome = await look.run((onset) => {
    screen.phase("showing");
    answering = takeAnswer({ trial, look, key, onset, reading });
    setTimeout(() => fetchAhead(next), FETCH_AHEAD_MS);
  });
  current = null;
  discard(face);
  const { onset_ms: onset, offset_ms: offset } = outcome;
  Object.assign(reading, { onset, offset, duration: offset - onset, end: outcome.end, ...ack });
  const sent = described(outcome, { ...ack, natural_size: [face.image.naturalWidth, face.image.naturalHeight] });
  const closing = outbox.add(url(trial, "exposure"), sent);
  answering ??= takeAnswer({ trial, look, key, onset: null, reading }); // left before the first frame
  return { outcome, answering, closing };
}

async function takeAnswer({ trial, look = null, key, onset, reading = {} }) {
  const given = await answers.ask(onset ?? 0);
  if (!given) return null;
  const response = onset === null ? null : round(given.at - onset);
  reading.rt = response;
  if (rules.call_ends_exposure) look?.stop("called");
  if (screen.stage.dataset.phase === "asking") screen.phase("rating", rules.confidence === "none" ? "" : "How sure are you?");
  const rated = await answers.askConfidence();
  const body = { is_gs: given.is_gs, confidence: rated?.confidence ?? null, response_ms: response, input: given.input, idempotency_key: key };
  return rated ? outbox.add(url(trial, "call"), body) : null;
}

async function maskThenAsk() {
  screen.phase("mask");
  screen.mask.style.opacity = 1;
  await pause(MASK_MS);
  await frame();
  screen.mask.style.opacity = 0;
  if (answers.mode === "answer") screen.phase("asking", "Genetic syndrome, or not?");
  else screen.phase("rating", answers.mode === "scale" ? "How sure are you?" : "");
}

// Closes the question when the protocol's answer window is over.
function windowOver(trial) {
  if (rules.answer_window_ms === null) return () => {};
  const timer = setTimeout(() => {
    if (answers.mode !== "answer") return; // the answer is there, at most its confidence is missing
    answers.close();
    outbox.add(url(trial, "forfeit"), {});
  }, rules.answer_window_ms);
  return () => clearTimeout(timer);
}

async function readTrial({ trial, ahead: next }) {
  answers.clear();
  const look = trial.state === "deciding" ? lookedBefore(trial) : await lookAt(trial, next);
  if (!look) return;
  if (look.outcome) {
    await maskThenAsk();
    if (look.outcome.end === "left") await comeBack(look);
  }
  const cancel = windowOver(trial);
  const answer = await look.answering;
  cancel();
  screen.phase("saving");
  const closed = await look.closing;
  await outbox.flush();
  await readElsewhere(answer?.status === 409 ? answer : closed);
  if (answer?.ok && answer.data.feedback) await tell(answer.data.feedback);
}

// Another device has taken this face over. Asking for the place would take it back and cover the face there: the reader
// has to say so.
async function readElsewhere(answer) {
  if (answer?.status !== 409) return;
  await screen.ask({ title: "Read on another device?", text: `${answer.data.detail ?? ""} It seems that this session goes on elsewhere.`, button: "Go on here" });
}

// The page was reloaded, or opened elsewhere, while this face was shown: it is answered, not shown again.
function lookedBefore(trial) {
  screen.phase("asking", "You left while this face was shown. Please answer from what you saw.");
  return { answering: takeAnswer({ trial, key: newKey(), onset: null }), closing: null };
}

// By protocol the face is answered from what was seen, or it comes once more at the end and no answer is asked for now.
async function comeBack(look) {
  const closed = await look.closing;
  if (closed.data.state === "forfeited") answers.close();
  await readiness();
}

async function tell({ is_gs: isGs, is_right: isRight }) {
  const truth = isGs ? "This child has a genetic syndrome." : "This child has no genetic syndrome.";
  await screen.ask({ title: isRight ? "Right" : "Not this time", text: truth, button: "Next practice face" });
}

// --- the session ----------------------------------------------------------------------------------------------------

async function placeFrom(address) {
  const answer = await insist(() => post(address), told);
  if (answer.ok) return answer.data;
  await screen.ask({ title: "Reading stops here", text: answer.data.detail ?? "The server refused to go on.", button: "Back to the study" });
  location.assign(rules.urls.study);
  return new Promise(() => {});
}

async function begin() {
  const lost = () => stopHere("Reading goes on in another tab", "This tab has handed over. You can close it.");
  if (!(await takeSeat(rules.session, { lost }))) {
    await screen.ask({ title: "You are reading in another tab", text: "Go on there, or read here instead.", button: "Read here" });
    await takeSeat(rules.session, { isForced: true, lost });
  }
  const unsent = await outbox.open();
  const title = rules.is_practice ? "Practice" : "Ready?";
  const kept = unsent ? " An answer that could not be sent before is sent now." : "";
  const text = `Sit comfortably, with the whole screen in view. Each face is shown once.${kept}`;
  await screen.ask({ title, text, button: "Start" });
  await enterFullscreen();
  await outbox.flush();
  return placeFrom(rules.urls.start);
}

async function stopHere(title, text) {
  disturbed("other-tab");
  await screen.ask({ title, text, button: "" });
}

async function rest({ done, total }) {
  screen.phase("panel");
  const text = `${done} of ${total} faces are done and saved. Stand up, look out of the window; the next block starts when you do.`;
  await screen.ask({ title: "Time for a rest", text, button: "Start the next block" });
}

async function failedPractice() {
  const text = `To start, ${rules.pass_percent} % of the practice faces have to be right. The same faces come again in another order.`;
  await screen.ask({ title: "Once more, please", text, button: "Practise again" });
  return placeFrom(rules.urls.practice);
}

async function play() {
  let place = await begin();
  let isFirst = true;
  while (place.state !== "finished") {
    if (place.state === "practice_failed") {
      place = await failedPractice();
      continue;
    }
    if (place.is_rest_due && !isFirst) await rest(place);
    isFirst = false;
    screen.place(place, rules.exposure_ms / 1000 + 4);
    const begun = performance.now();
    const hadPause = wantsPause;
    await readTrial(place);
    if (!hadPause) screen.took((performance.now() - begun) / 1000);
    place = await placeFrom(rules.urls.next);
  }
  isFullscreen = false;
  if (document.fullscreenElement) await document.exitFullscreen().catch(() => {});
  location.replace(rules.urls.over);
}

play().catch((problem) => {
  console.error(problem);
  screen.ask({ title: "The page has stopped", text: `Your answers are safe. Reload the page to go on. (${problem.message})`, button: "Reload" }).then(() => location.reload());
});
