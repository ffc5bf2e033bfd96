// How long after the stamp of its frame a picture is on the screen: by the browser's own word, where it gives one.

import { frame } from "./frames.js";

const KEPT = 40;
const LONGEST_MS = 200; // anything longer was a hiccup and tells nothing of the way to the screen

// Element Timing tells when something that is new in the page was presented. A sign in the colour of the ground is put
// there a few times before each face; nobody sees it. Firefox and Safari do not tell: `ms` is null there.
export class Light {
  #lags = [];
  #waiting = new Map();
  #number = 0;

  constructor(place) {
    this.place = place;
    if (!globalThis.PerformanceObserver?.supportedEntryTypes?.includes("element")) return;
    this.observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#presented(entry.identifier, entry.renderTime);
    });
    this.observer.observe({ type: "element" });
  }

  async measure(times) {
    for (let i = 0; this.observer && i < times; i += 1) await this.#once();
  }

  async #once() {
    const sign = document.createElement("span");
    sign.className = "sign";
    sign.textContent = "+";
    sign.ariaHidden = "true";
    const name = `light-${(this.#number += 1)}`;
    sign.setAttribute("elementtiming", name);
    const stamp = await frame();
    this.#waiting.set(name, stamp);
    this.place.append(sign);
    await frame();
    await frame();
    sign.remove();
  }

  #presented(name, at) {
    const lag = at - this.#waiting.get(name);
    this.#waiting.delete(name);
    if (lag > 0 && lag < LONGEST_MS) this.#lags = [...this.#lags, lag].slice(-KEPT);
  }

  // The lower quartile: the signs take the long way through the page, the face is shown by the compositor alone.
  get ms() {
    return this.#lags.length < 4 ? null : this.#lags.toSorted((a, b) => a - b)[Math.floor(this.#lags.length / 4)];
  }
}
