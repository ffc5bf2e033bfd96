// One face from the fixation to the stored answer, whatever happens in between.

import { insist, pause, post } from "./api.js";
import { aid, answers, fatigue, outbox, rules, screen, told, undo, url } from "./desk.js";
import { frame } from "./frames.js";
import { Light } from "./light.js";
import { described } from "./measures.js";
import { Question, newKey } from "./question.js";
import { Look, discard, fetchFace, round, settle } from "./trial.js";
import { Watch } from "./watch.js";
import { _, fill } from "../words.js";

const MASK_MS = 500;
const FETCH_AHEAD_MS = 400; // after the onset: the network is quiet while the face comes up

const stage = { plate: screen.plate, mask: screen.mask, light: new Light(screen.plate) };
export const watch = new Watch({ screen, gone, hidden: keepHalf, note });

window.__readings = []; // what this page recorded, for an observer from outside

let ahead = null; // {token, face: Promise}
let now = null; // {trial, question} of the answer that is being given
let said = { token: "", words: "" }; // the last answer of this page

for (const event of ["contextmenu", "dragstart"]) {
  screen.plate.addEventListener(event, (asked) => asked.preventDefault()); // a deterrent, no more
}

// Something worth knowing about the session; nothing waits for it.
export function note(kind, detail = {}) {
  post(rules.urls.note, { kind, trial: now?.trial.token ?? null, detail });
}

// --- when the page is left ------------------------------------------------------------------------------------------

// The look that is on the screen, and what was answered of it so far. The answer goes first: a look that is closed
// without one may come again by protocol.
function gone(look) {
  const half = now?.question.half();
  if (half) post(now.question.address, half, { keepalive: true });
  if (!look) return;
  look.note("pagehide");
  const body = { ...described(look.measured(), { plate: screen.plate, rules }), end: "left", kind: "pagehide" };
  // Two requests may overtake each other. Where a look that is closed without an answer would come again, the answer
  // counts for more than what was measured: then the server closes the look, as after a crash.
  if (!(half && rules.represents)) post(url(now.trial, "exposure"), body, { keepalive: true });
}

function keepHalf() {
  const half = now?.question.half();
  return half ? outbox.add(now.question.address, half) : null;
}

// --- one face -------------------------------------------------------------------------------------------------------

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
  if (trial?.photo && ahead?.token !== trial.token) ahead = { token: trial.token, face: fetchFace(trial, told).catch(() => null) };
}

// The server's word that the face may be shown, and the model's where it stands beside it. Null: other plans.
async function commit(trial, key) {
  const asked = performance.now();
  let tries = 0;
  const started = await insist(() => { tries += 1; return post(url(trial, "start"), { key }); }, told);
  if (!started.ok) {
    await readElsewhere(started);
    return null;
  }
  if (started.data.aid) await aid.prepare(started.data.aid);
  return { ...started.data, ack_ms: round(performance.now() - asked), start_tries: tries };
}

// Fixation, then the server's word, then the look. Null when the server has other plans for this trial.
async function lookAt(trial, next, key) {
  const face = await faceOf(trial);
  if (!face) return null;
  screen.phase("fixation");
  let period = await settle(face, stage);
  while (await watch.readiness()) period = await settle(face, stage);
  const started = await commit(trial, key);
  if (!started) {
    discard(face);
    return null;
  }
  const ack = { ack_ms: started.ack_ms, start_tries: started.start_tries, decode_ms: round(face.decode_ms), bytes: face.bytes };
  const look = new Look({ face, mask: screen.mask, requestedMs: started.requested_ms, period, light: stage.light.ms });
  const turn = new Turn(trial, { look, key });
  turn.reading.light = look.light;
  watch.attend(look);
  if (started.aid) aid.show("beside");
  const outcome = await look.run((onset) => {
    screen.phase("showing");
    turn.ask(onset);
    setTimeout(() => fetchAhead(next), FETCH_AHEAD_MS);
  });
  watch.release();
  discard(face);
  const natural = { natural_size: [face.image.naturalWidth, face.image.naturalHeight] };
  turn.close(outcome, described(outcome, { plate: screen.plate, rules, more: { ...ack, ...natural } }));
  return turn;
}

// One answer to one face: with its look, or to what was seen before.
class Turn {
  closing = null;
  outcome = null;
  answering = null;

  constructor(trial, { look = null, key = newKey(), isLate = false } = {}) {
    Object.assign(this, { trial, look, key, isLate });
    this.reading = { key: trial.token, onset: null, offset: null, duration: null, rt: null };
    this.faceGone = new Promise((resolve) => { this.faceIsGone = resolve; });
    if (look) window.__readings.push(this.reading);
  }

  // `onset`: where the response time starts; null when nobody knows.
  ask(onset) {
    this.#question(onset);
    const called = (response) => {
      this.reading.rt = response;
      if (rules.call_ends_exposure) this.look?.stop("called");
    };
    this.answering = this.question.ask({ faceGone: this.faceGone, called });
  }

  // Only what a half answer still owes.
  complete() {
    this.#question(null);
    this.answering = this.question.complete(this.trial.given);
  }

  #question(onset) {
    this.question = new Question({ address: url(this.trial, "call"), stage: this.trial.stage, onset, key: this.key });
    now = { trial: this.trial, question: this.question };
  }

  close(outcome, body) {
    const { onset_ms: onset, offset_ms: offset, end } = outcome;
    Object.assign(this.reading, { onset, offset, duration: offset - onset, end });
    this.outcome = outcome;
    if (end === "left" && this.question) keepHalf();
    this.closing = outbox.add(url(this.trial, "exposure"), body);
    if (!this.answering) this.ask(onset); // left before the first frame, or within it
  }
}

async function maskThenAsk() {
  screen.phase("mask");
  screen.mask.style.opacity = 1;
  await pause(MASK_MS);
  await frame();
  screen.mask.style.opacity = 0;
  if (answers.mode === "answer") screen.phase("asking", _("Genetic syndrome, or not?"));
  else screen.phase("rating", answers.mode === "scale" ? _("How sure are you?") : "");
}

// Closes the question when the protocol's answer window is over. It holds for the answer to a face that was just seen.
function windowOver(turn) {
  if (rules.answer_window_ms === null || turn.isLate) return () => {};
  const timer = setTimeout(() => {
    if (answers.mode !== "answer") return; // the answer is there, at most its confidence is missing
    answers.close();
    outbox.add(url(turn.trial, "forfeit"), {});
  }, rules.answer_window_ms);
  return () => clearTimeout(timer);
}

const TURNS = { deciding: lookedBefore, rating: halfAnswered, reconsidering: reconsider };

export async function readTrial({ trial, ahead: next, key }) {
  answers.clear();
  const turn = await (TURNS[trial.state] ?? lookAt)(trial, next, key);
  if (!turn) return;
  if (turn.outcome) {
    await maskThenAsk();
    if (turn.outcome.end === "left") await comeBack(turn);
  }
  turn.faceIsGone();
  const cancel = windowOver(turn);
  const answer = await turn.answering;
  cancel();
  screen.phase("saving");
  const closed = await turn.closing;
  await outbox.flush();
  await readElsewhere(answer?.status === 409 ? answer : closed);
  if (answer?.ok) said = { token: trial.token, words: turn.question.said };
  await offerUndo(turn.question, answer);
  aid.hide();
  now = null;
  if (answer?.ok && answer.data.feedback) await tell(answer.data.feedback);
  else if (answer?.ok) fatigue.add(turn.question.response, answer.data.is_gs);
}

// Another device has taken this face over. Asking for the place would take it back and cover the face there: the reader
// has to say so.
async function readElsewhere(answer) {
  if (answer?.status !== 409) return;
  await screen.ask({ title: _("Read on another device?"), text: fill(_("%(reason)s It seems that this session goes on elsewhere."), { reason: answer.data.detail ?? "" }), button: _("Go on here") });
}

// The page was reloaded, or opened elsewhere, while this face was shown: it is answered, not shown again.
async function lookedBefore(trial) {
  if (trial.stage === "aided" && (await fetchAid(trial))) aid.show("beside");
  screen.phase("asking", _("You left while this face was shown. Please answer from what you saw."));
  const turn = new Turn(trial);
  turn.ask(null);
  return turn;
}

// GS or not GS is stored, the rest is owed.
function halfAnswered(trial) {
  const asked = trial.given.is_gs ? _("You answered GS. How sure are you?") : _("You answered not GS. How sure are you?");
  screen.phase("rating", rules.confidence === "none" ? "" : asked);
  const turn = new Turn(trial, { isLate: true });
  turn.complete();
  return turn;
}

// Sequential: the model's word after the reader's own, and the question once more. The face stays away.
async function reconsider(trial) {
  const given = await fetchAid(trial);
  if (!given) return null;
  const before = said.token === trial.token ? fill(_("You said: %(answer)s."), { answer: said.words }) : _("Genetic syndrome, or not?");
  screen.phase("asking", fill(_("%(before)s Keep your answer, or change it."), { before }));
  aid.show("after");
  await frame();
  const turn = new Turn(trial, { isLate: true });
  turn.ask(await frame());
  return turn;
}

async function fetchAid(trial) {
  const answer = await insist(() => post(url(trial, "aid")), told);
  if (!answer.ok) return null;
  await aid.prepare(answer.data);
  return answer.data;
}

// By protocol the face is answered from what was seen, or it comes once more at the end and no answer is asked for now.
async function comeBack(turn) {
  const closed = await turn.closing;
  if (closed.data.state === "forfeited") answers.close();
  await watch.readiness();
}

async function tell({ is_gs: isGs, is_right: isRight }) {
  const truth = isGs ? _("This child has a genetic syndrome.") : _("This child has no genetic syndrome.");
  await screen.ask({ title: isRight ? _("Right") : _("Not this time"), text: truth, button: _("Next practice face") });
}

// --- taking an answer back ------------------------------------------------------------------------------------------

async function offerUndo(question, answer) {
  if (!answer?.ok || !answer.data.undo_ms || !mayUndo(question)) return;
  screen.phase("undo", fill(_("Saved: %(answer)s"), { answer: question.said }));
  if (!(await undo.offer(answer.data.undo_ms))) return;
  const taken = await insist(() => post(question.address.replace("/call/", "/undo/"), { key: question.key }), told);
  if (!taken.ok) {
    await screen.ask({ title: _("Your answer stands"), text: taken.data.detail ?? _("It can no longer be taken back."), button: _("Go on") });
    return;
  }
  answers.clear();
  const again = question.again();
  now.question = again;
  screen.phase("asking", _("Taken back. Genetic syndrome, or not?"));
  const changed = await again.ask();
  screen.phase("saving");
  await outbox.flush();
  await offerUndo(again, changed);
}

// Before the model has spoken there is nothing to wait for: its question is the second thought.
const mayUndo = (question) => !rules.is_sequential || question.stage === "aided";
