// Does a reader tire? Answers that come much quicker than before, or one side only, are the signs that a page can see.
// The hint they lead to is kind, comes once and blocks nothing; that it was given is noted.

import { _ } from "../words.js";

const OWN_PACE = 20; // answers that tell a reader's own pace
const RECENT = 10;
const COLLAPSED = 0.6; // of the own median
const AT_ONCE = { ms: 1000, share: 0.25, answers: 5 }; // sooner than a second, and than a quarter of the look
const SAME = 15; // in a row: one in 2^14 by chance where both answers are as likely

const TEXTS = {
  quicker: _("Your answers come much more quickly than before."),
  "at-once": _("Your last answers came almost at once."),
  "same-answer": _("Your last answers were all the same."),
};

const medianOf = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

export class Fatigue {
  #times = [];
  #answers = [];
  #isTold = false;

  constructor({ exposureMs }) {
    this.atOnceMs = Math.min(AT_ONCE.ms, AT_ONCE.share * exposureMs);
  }

  // `response` in ms from the onset of the face, null when unknown; `isGs` what was answered.
  add(response, isGs) {
    if (response !== null) this.#times.push(response);
    this.#answers.push(isGs);
  }

  // After a rest the last answers say nothing about the next ones; the own pace stays.
  rested() {
    this.#answers = [];
    this.#times = this.#times.slice(0, OWN_PACE);
  }

  // {reason, text, ...what was seen} the first time that there is something to say, else null.
  hint() {
    const seen = this.#isTold ? null : (this.#quicker() ?? this.#atOnce() ?? this.#sameAnswer());
    if (!seen) return null;
    this.#isTold = true;
    return { ...seen, text: TEXTS[seen.reason] };
  }

  #quicker() {
    if (this.#times.length < OWN_PACE + RECENT) return null;
    const own = medianOf(this.#times.slice(0, -RECENT));
    const now = medianOf(this.#times.slice(-RECENT));
    return now < COLLAPSED * own ? { reason: "quicker", own_ms: Math.round(own), now_ms: Math.round(now) } : null;
  }

  #atOnce() {
    const last = this.#times.slice(-AT_ONCE.answers);
    const isAtOnce = last.length === AT_ONCE.answers && last.every((time) => time < this.atOnceMs);
    return isAtOnce ? { reason: "at-once", answers: AT_ONCE.answers, sooner_than_ms: this.atOnceMs } : null;
  }

  #sameAnswer() {
    const last = this.#answers.slice(-SAME);
    return last.length === SAME && new Set(last).size === 1 ? { reason: "same-answer", answers: SAME } : null;
  }
}
