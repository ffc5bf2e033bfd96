// Taking the last answer back: offered for the protocol's time after it was saved, and only before the next face.

import { _, fill } from "../words.js";

const TICK_MS = 100;

export class Undo {
  #settle = null;

  constructor(bar) {
    this.bar = bar;
    this.seconds = bar.querySelector("[data-seconds]");
    this.meter = bar.querySelector("progress");
    bar.querySelector("[data-undo]").addEventListener("click", () => this.#settle?.(true));
    bar.querySelector("[data-next]").addEventListener("click", () => this.#settle?.(false));
    window.addEventListener("keydown", (event) => this.#press(event));
  }

  #press(event) {
    if (!this.#settle || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const isOnButton = event.target.closest?.("button") !== null && this.bar.contains(event.target);
    if (["z", "backspace"].includes(key)) this.#settle(true);
    else if ([" ", "enter"].includes(key) && !isOnButton) this.#settle(false);
    else return;
    event.preventDefault();
  }

  // Resolves with true when the answer is taken back, with false when the time is over or the reader wants to go on.
  offer(ms) {
    this.bar.hidden = false;
    const end = performance.now() + ms;
    this.meter.max = ms;
    this.#show(ms);
    const timer = setInterval(() => {
      const left = end - performance.now();
      this.#show(Math.max(0, left));
      if (left <= 0) this.#settle?.(false);
    }, TICK_MS);
    return new Promise((resolve) => { this.#settle = resolve; }).finally(() => {
      clearInterval(timer);
      this.#settle = null;
      this.bar.hidden = true;
    });
  }

  #show(left) {
    this.meter.value = left;
    this.seconds.textContent = fill(_("%(n)s s"), { n: Math.ceil(left / 1000) });
  }
}
