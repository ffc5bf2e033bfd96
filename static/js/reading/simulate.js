// A scripted reader at the real page: it presses the keys that a reader would press, after human-like times.
//
// In a coordinator's preview the button of the banner starts and stops it. A script may import this file instead:
//
//   const { ScriptedReader } = await import("/static/js/reading/simulate.js");
//   new ScriptedReader({ sensitivity: 0.8, specificity: 0.9, truthOf: async (token) => true, pace: 0.1 }).start();

import { _ } from "../words.js";

const TICK_MS = 40;
const DECIDE_MS = 1600; // median of the time from the question, or the face, to an answer
const SPREAD = 0.45; // of its logarithm: the slowest of twenty takes twice as long as the median
const RATE_MS = 650;
const READ_MS = 1200; // a panel between faces

const find = (id) => document.getElementById(id);
const normal = (random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

// A key as from the keyboard: the page cannot tell the difference, so it is told: data-simulated goes into every record.
function press(key, target = document.body) {
  for (const type of ["keydown", "keyup"]) target.dispatchEvent(new KeyboardEvent(type, { key, bubbles: true, cancelable: true }));
}

export class ScriptedReader {
  #timer = null;
  #due = null; // what will be done, and when
  #face = "";

  // `truthOf(token)` resolves with whether the child has a syndrome, or null where nobody knows: then GS is said with the
  // probability `gsShare`. `undoShare`: how often an answer is taken back. `pace` below 1 reads faster.
  constructor({ sensitivity = 0.8, specificity = 0.8, truthOf = async () => null, gsShare = 0.5, undoShare = 0, pace = 1, random = Math.random } = {}) {
    Object.assign(this, { sensitivity, specificity, truthOf, gsShare, undoShare, pace, random });
    this.rules = JSON.parse(find("page").textContent);
  }

  get isRunning() {
    return this.#timer !== null;
  }

  start() {
    document.documentElement.dataset.simulated = "true";
    this.#timer ??= setInterval(() => this.#look(), TICK_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#due = null;
  }

  // Sees what is on the screen; what it calls for is done after a while, if it is still called for then.
  #look() {
    const token = document.querySelector("[data-stimulus]")?.dataset.stimulus;
    if (token) this.#face = token;
    const [name, wait, act] = this.#called() ?? [null];
    if (this.#due?.name !== name) this.#due = name && { name, at: performance.now() + wait * this.pace, act };
    if (!this.#due || performance.now() < this.#due.at) return;
    this.#due.act();
    this.#due = { name: "done already", at: Infinity };
  }

  // [name, median time in ms, what to do], null when there is nothing to do.
  #called() {
    const phase = find("stage").dataset.phase;
    if (!find("panel").hidden) return [`panel ${find("panel-title").textContent}`, READ_MS, () => find("go").click()];
    if (!find("yes").disabled && ["showing", "asking"].includes(phase)) return ["answer", this.#timeOf(DECIDE_MS), () => this.#answer()];
    if (find("scale").classList.contains("asked")) return ["scale", this.#timeOf(RATE_MS), () => this.#rate()];
    if (!find("second").hidden) return ["second", this.#timeOf(RATE_MS), () => this.#name()];
    if (!find("undo").hidden) return ["undo", this.#timeOf(RATE_MS), () => press(this.random() < this.undoShare ? "z" : " ")];
    return phase === "hint" ? ["hint", READ_MS, () => press(" ")] : null;
  }

  #timeOf(median) {
    return median * Math.exp(SPREAD * normal(this.random));
  }

  async #answer() {
    const truth = await this.truthOf(this.#face);
    const share = truth === null ? this.gsShare : truth ? this.sensitivity : 1 - this.specificity;
    const { gs, not_gs: notGs } = this.rules.keys;
    press(this.random() < share ? gs : notGs);
  }

  #rate() {
    if (this.rules.confidence === "five") press(String(1 + Math.floor(5 * this.random())));
    else {
      press(String(Math.floor(10 * this.random())));
      press("Enter");
    }
  }

  #name() {
    const { syndromes } = this.rules;
    const input = find("syndrome");
    if (this.random() < 0.5 && syndromes.length) input.value = syndromes[Math.floor(syndromes.length * this.random())];
    find("second").requestSubmit();
  }
}

const button = find("play-itself");
if (button) {
  const reader = new ScriptedReader({ undoShare: 0.1 });
  button.disabled = false;
  button.addEventListener("click", () => {
    if (reader.isRunning) reader.stop();
    else reader.start();
    button.textContent = reader.isRunning ? _("Stop playing") : _("Let it play itself");
    button.setAttribute("aria-pressed", String(reader.isRunning));
    button.blur(); // the space bar belongs to the page
  });
}
