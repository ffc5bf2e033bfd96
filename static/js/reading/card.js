// How large is a pixel? A bank card held to the screen tells it: ISO/IEC 7810 ID-1, 85.60 x 53.98 mm.

import { _, fill } from "../words.js";

export const CARD_MM = [85.6, 53.98];
const STEP = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
const LIMITS = [90, 1400]; // CSS pixels of width: a watch and a wall

// Millimetres from centimetres as typed, null when nothing sensible was typed.
export function distanceFrom(typed) {
  const mm = Math.round(Number(String(typed).replace(",", ".")) * 10);
  return mm >= 100 && mm <= 3000 ? mm : null;
}

export class Card {
  #width;
  #isMatched = false;

  constructor(box) {
    this.box = box;
    this.card = box.querySelector("[data-card]");
    this.grip = box.querySelector("[data-grip]");
    this.slider = box.querySelector("input[type=range]");
    this.told = box.querySelector("[data-told]");
    this.distance = box.querySelector("[name=distance]");
    this.#resize(Number(this.slider.value));
    this.slider.addEventListener("input", () => this.#match(this.slider.valueAsNumber));
    this.grip.addEventListener("pointerdown", (event) => this.#drag(event));
    this.card.addEventListener("keydown", (event) => this.#press(event));
  }

  // What the device record keeps; nothing when no card was held to the screen.
  get measured() {
    if (!this.#isMatched) return {};
    const distance = distanceFrom(this.distance.value);
    return { px_per_mm: Number((this.#width / CARD_MM[0]).toFixed(4)), ...(distance ? { viewing_distance_mm: distance } : {}) };
  }

  #drag(event) {
    event.preventDefault();
    const from = { x: event.clientX, width: this.#width };
    this.grip.setPointerCapture(event.pointerId);
    const move = (moved) => this.#match(from.width + moved.clientX - from.x);
    this.grip.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"]) {
      this.grip.addEventListener(end, () => this.grip.removeEventListener("pointermove", move), { once: true });
    }
  }

  #press(event) {
    const step = STEP[event.key];
    if (!step) return;
    event.preventDefault();
    this.#match(this.#width + step * (event.shiftKey ? 10 : 1));
  }

  #match(width) {
    this.#isMatched = true;
    this.#resize(width);
    this.told.textContent = fill(_("%(n)s pixels per millimetre."), { n: (this.#width / CARD_MM[0]).toFixed(2) });
  }

  #resize(width) {
    const room = this.box.clientWidth || LIMITS[1];
    this.#width = Math.min(Math.max(width, LIMITS[0]), LIMITS[1], Math.max(room, LIMITS[0]));
    this.card.style.width = `${this.#width}px`;
    this.slider.value = Math.round(this.#width);
    this.card.setAttribute("aria-valuenow", Math.round(this.#width));
    this.card.setAttribute("aria-valuetext", fill(_("%(n)s pixels wide"), { n: Math.round(this.#width) }));
  }
}
