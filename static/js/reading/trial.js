// One face: fetched and decoded ahead, drawn unseen, shown for a whole number of frames by the compositor, masked.

import { fetchPicture, insist } from "./api.js";
import { frame, periodOf, watchFrames } from "./frames.js";
import { scramble } from "./mask.js";

const UNSEEN = 0.001; // drawn, but under the eye's and the screen's threshold
const LEAD_FRAMES = 5; // between the command and the onset, so that the compositor has both in hand
const FIXATION_MS = 500;

// The picture of a trial, fetched and decoded but not in the page; null when the server will not give it any more.
export async function fetchFace(trial, told) {
  let tries = 0;
  const answer = await insist(() => { tries += 1; return fetchPicture(trial.photo); }, told);
  if (!answer.ok) return null;
  const image = new Image();
  image.src = URL.createObjectURL(answer.blob);
  const begun = performance.now();
  await image.decode();
  image.className = "face";
  image.alt = "";
  image.draggable = false;
  image.dataset.stimulus = trial.token;
  return { token: trial.token, image, decode_ms: performance.now() - begun, bytes: answer.blob.size, fetch_tries: tries };
}

export function discard(face) {
  if (!face) return;
  face.image.remove();
  URL.revokeObjectURL(face.image.src);
}

// Puts the face into the page, unseen, with its mask, and watches the screen during the fixation. Gives ms per frame.
export async function settle(face, { plate, mask, light }) {
  mask.style.opacity = 0;
  face.image.style.opacity = UNSEEN;
  plate.append(face.image);
  scramble(face.image, mask);
  mask.style.opacity = UNSEEN;
  await frame();
  await frame();
  const [stamps] = await Promise.all([watchFrames(20, FIXATION_MS), light.measure(4)]);
  return periodOf(stamps);
}

// The look itself. run() resolves with what was seen; stop() ends it at once.
export class Look {
  #animations = [];
  #stopped = null;
  #finish = null;
  #onFreeze = null;

  // `light`: how long after the stamp of its frame a picture is on the screen, null where nobody knows.
  constructor({ face, mask, requestedMs, period, light = null }) {
    Object.assign(this, { face, image: face.image, mask, requestedMs, period, light });
    this.onset = null;
    this.offset = null;
    this.stamps = [];
    this.lags = []; // of every frame: from its stamp to the moment at which the page could look at it
    this.events = [];
    // The browser puts a page to sleep when a lid is closed or memory is short. What is up then is not being looked at.
    this.#onFreeze = () => { this.note("freeze"); this.stop("left", "freeze"); };
    document.addEventListener("freeze", this.#onFreeze);
  }

  get isOver() {
    return this.offset !== null || this.#stopped !== null;
  }

  note(type, more = {}) {
    this.events.push({ type, at: round(performance.now()), ...more });
  }

  // `begun` is told when the face was there. Steps of the opacity lie midway between frames, a whole number of frames apart.
  async run(begun = () => {}) {
    if (this.#stopped) return this.#outcome();
    const zero = await frame();
    const frames = Math.max(1, Math.round(this.requestedMs / this.period));
    const on = (LEAD_FRAMES - 0.5) * this.period;
    const off = on + frames * this.period;
    this.planned = { onset: zero + LEAD_FRAMES * this.period, offset: zero + (LEAD_FRAMES + frames) * this.period };
    if (this.#stopped) return this.#outcome();
    const total = off + 30 * this.period;
    // The mask comes up behind the face while that still covers it: it is there when the face goes, never before.
    // Around onset and offset nothing else has to be blended: each step costs the screen one opaque layer.
    this.#animate(this.image, zero, total, [[UNSEEN, 0], [1, on], [0, off]]);
    this.#animate(this.mask, zero, total, [[UNSEEN, 0], [0, on / 2], [1, (on + off) / 2]]);
    const outcome = new Promise((resolve) => { this.#finish = resolve; });
    const witness = (stamp) => {
      if (this.offset !== null) return;
      if (stamp >= zero + on) {
        this.stamps.push(stamp);
        this.lags.push(performance.now() - stamp);
        if (this.onset === null) {
          this.onset = stamp;
          this.atOnset = clocks(this.image);
          afterFrame(() => { if (!this.isOver) begun(stamp + (this.light ?? 0)); });
        }
      }
      if (stamp >= zero + off) this.#end(stamp, "complete");
      else requestAnimationFrame(witness);
    };
    requestAnimationFrame(witness);
    return outcome;
  }

  // "called": the protocol lets the answer end the look. "left": the page is not being looked at any more.
  stop(end, kind = "") {
    if (this.isOver) return;
    this.#stopped = { end, kind };
    this.#hide();
    const gone = performance.now();
    // A page in the background gets no frame: the face went with the page itself.
    const late = setTimeout(() => this.#end(gone, end, kind), 120);
    requestAnimationFrame((stamp) => {
      clearTimeout(late);
      this.#end(Math.max(stamp, this.onset ?? stamp), end, kind);
    });
  }

  #animate(element, zero, total, steps) {
    const frames = steps.map(([opacity, at]) => ({ opacity, offset: at / total, easing: "step-end" }));
    const animation = element.animate([...frames, { opacity: steps.at(-1)[0], offset: 1 }], { duration: total, fill: "both" });
    animation.startTime = zero;
    this.#animations.push(animation);
  }

  #hide() {
    this.image.style.opacity = 0;
    this.mask.style.opacity = 1;
    for (const animation of this.#animations) animation.cancel();
  }

  #end(stamp, end, kind = "") {
    if (this.offset !== null) return;
    document.removeEventListener("freeze", this.#onFreeze);
    this.offset = stamp;
    this.atOffset = clocks(this.image);
    this.#stopped ??= { end, kind };
    afterFrame(() => {
      this.#hide();
      this.#finish?.(this.#outcome());
    });
  }

  #outcome() {
    const { end, kind } = this.#stopped;
    return { end, kind, ...this.measured() };
  }

  // What the server stores. Asked for while the face is still up (pagehide), it tells of the look so far.
  measured() {
    const seen = this.onset !== null;
    const offset = this.offset ?? performance.now();
    const gaps = this.stamps.slice(1).map((stamp, i) => stamp - this.stamps[i]);
    const isWhole = this.#stopped?.end === "complete";
    return {
      onset_ms: seen ? round(this.onset) : null,
      offset_ms: seen ? round(Math.max(offset, this.onset)) : null,
      frames: seen ? Math.round((offset - this.onset) / this.period) : 0,
      frame_period_ms: round(this.period, 4),
      longest_gap_ms: round(Math.max(0, ...gaps)),
      measures: {
        planned_onset_ms: this.planned ? round(this.planned.onset) : null,
        planned_offset_ms: this.planned ? round(this.planned.offset) : null,
        onset_late_ms: seen ? round(Math.max(0, this.onset - this.planned.onset)) : 0,
        offset_late_ms: isWhole ? round(Math.max(0, this.offset - this.planned.offset)) : 0,
        dropped_frames: gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / this.period) - 1), 0),
        witnessed_frames: this.stamps.length,
        onset_lag_ms: round(this.lags[0] ?? 0),
        offset_lag_ms: isWhole ? round(this.lags.at(-1) ?? 0) : 0,
        longest_lag_ms: round(Math.max(0, ...this.lags)),
        light_ms: this.light === null ? null : round(this.light),
        fetch_tries: this.face.fetch_tries,
        ...this.#drift(),
        events: this.events.slice(0, 40),
      },
    };
  }

  // How the size of the face and the two clocks changed during the look: the wall clock runs on while a computer sleeps.
  #drift() {
    if (!this.atOnset) return {};
    const now = this.atOffset ?? clocks(this.image);
    const past = (name) => now[name] - this.atOnset[name];
    return { face_size: this.atOnset.size, face_size_after: now.size, clock_drift_ms: round(past("wall") - past("page")) };
  }
}

function clocks(image) {
  const { width, height } = image.getBoundingClientRect();
  return { wall: Date.now(), page: performance.now(), size: [round(width, 1), round(height, 1)] };
}

// A change of the page within the frame of an onset or an offset would hold that frame back: it waits until it is out.
const afterFrame = (act) => setTimeout(act);

export const round = (value, digits = 2) => Number(value.toFixed(digits));
