// One question and its answer: GS or not GS, how sure, which syndrome. It is sent whole; or, when the page is left in
// between, in two halves, so that what was said already is never lost.

import { answers, outbox, rules, screen, second } from "./desk.js";
import { round } from "./trial.js";
import { _, fill } from "../words.js";

export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export class Question {
  #given = null; // {is_gs, at, input, key} once GS or not GS is said
  #confidence = null;
  #isComplete = false;

  // `stage`: unaided | aided. `onset`: where the response time starts, null when nobody knows. `supersedes`: the key of
  // the call that this one replaces.
  constructor({ address, stage, onset = null, supersedes = "", key = newKey() }) {
    Object.assign(this, { address, stage, onset, supersedes, key });
  }

  // Resolves with the server's answer, or with null when the question was closed. `faceGone` is awaited before the
  // reader has to type.
  async ask({ faceGone = null, called = () => {} } = {}) {
    const given = await answers.ask(this.onset ?? 0);
    if (!given) return null;
    this.#given = given;
    called(this.response);
    return this.#complete(faceGone);
  }

  // The half answer of an earlier page: only what is still owed is asked.
  async complete({ is_gs, key, response_ms: response }) {
    this.#given = { is_gs, input: "", key: "", side: "", response };
    this.supersedes = key;
    answers.mark(is_gs);
    return this.#complete(null);
  }

  async #complete(faceGone) {
    if (screen.stage.dataset.phase === "asking") screen.phase("rating", rules.confidence === "none" ? "" : _("How sure are you?"));
    const rated = await answers.askConfidence();
    if (!rated) return null;
    this.#confidence = rated.confidence;
    await faceGone;
    const more = this.#given.is_gs && rules.asks_syndrome ? { syndrome: await this.#name() } : {};
    this.#isComplete = true;
    return outbox.add(this.address, this.#body({ confidence: rated.confidence, ...more }));
  }

  #name() {
    screen.phase("naming");
    return second.ask();
  }

  get response() {
    if (this.#given.response !== undefined) return this.#given.response;
    return this.onset === null ? null : round(this.#given.at - this.onset);
  }

  get isHalf() {
    return this.#given !== null && !this.#isComplete;
  }

  // What was answered, in words.
  get said() {
    const answer = this.#given.is_gs ? _("GS") : _("Not GS");
    const most = { five: 5, hundred: 100 }[rules.confidence];
    return most ? fill(_("%(answer)s – %(sure)s of %(most)s"), { answer, sure: this.#confidence, most }) : answer;
  }

  // The body that keeps a half answer, once; what completes it later replaces it. Null when there is nothing to keep.
  half() {
    if (!this.isHalf || this.isKept || this.#given.response !== undefined) return null;
    this.isKept = true;
    const body = this.#body({ confidence: null, is_complete: false });
    this.supersedes = this.key;
    this.key = newKey();
    return body;
  }

  // The same question once more, after the reader took the answer back.
  again() {
    return new Question({ ...this, supersedes: this.key, key: newKey() });
  }

  #body(more) {
    const { is_gs: isGs, input, key, side } = this.#given;
    const replaced = this.supersedes ? { supersedes: this.supersedes } : {};
    return { is_gs: isGs, response_ms: this.response, input, key, side, stage: this.stage, idempotency_key: this.key, ...replaced, ...more };
  }
}
