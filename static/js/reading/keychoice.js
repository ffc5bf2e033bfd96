// The device check's question after the keys: press the one for each answer, take the offered ones or other ones.

import { labelOf, refusal } from "./keys.js";
import { _, fill } from "../words.js";

export class KeyChoice {
  #chosen;
  #asked = null; // the answer whose key is being chosen anew
  #pressed = new Set();
  #settle = null;

  // `box` holds [data-answer=gs|not_gs] with a kbd and a button each, [data-told] and [data-tap].
  constructor(box, { keys }) {
    this.box = box;
    this.#chosen = { ...keys };
    this.told = box.querySelector("[data-told]");
    for (const row of box.querySelectorAll("[data-answer]")) {
      row.querySelector("button").addEventListener("click", () => this.#askFor(row.dataset.answer));
    }
    box.querySelector("[data-tap]").addEventListener("click", () => this.#done("pointer"));
    this.#show();
  }

  // Resolves with {keys, input} once both keys were pressed, or once the reader says that there is no keyboard.
  ask() {
    this.box.hidden = false;
    const press = (event) => this.#press(event);
    window.addEventListener("keydown", press, { capture: true });
    return new Promise((resolve) => { this.#settle = resolve; }).finally(() => {
      window.removeEventListener("keydown", press, { capture: true });
      this.box.hidden = true;
    });
  }

  #askFor(answer) {
    this.#asked = answer;
    this.told.textContent = answer === "gs" ? _("Press the key you want for GS.") : _("Press the key you want for not GS.");
    this.#show();
    document.activeElement?.blur(); // the key goes to the page, not to a button
  }

  #press(event) {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input")) return;
    const key = event.key.toLowerCase();
    if (this.#asked) this.#take(event, key);
    else if (Object.values(this.#chosen).includes(key)) {
      event.preventDefault();
      this.#try(key);
    }
  }

  #take(event, key) {
    if (["tab", "shift", "capslock"].includes(key)) return; // the keyboard stays usable
    event.preventDefault();
    const other = this.#asked === "gs" ? "not_gs" : "gs";
    if (key === "escape") this.told.textContent = _("The key stays as it is.");
    else {
      const reason = refusal(key, this.#chosen[other]);
      if (reason) {
        this.told.textContent = reason;
        return;
      }
      this.#pressed.delete(this.#chosen[this.#asked]);
      this.#chosen[this.#asked] = key;
      this.told.textContent = fill(_("%(key)s it is. Now press both keys once."), { key: labelOf(key) });
    }
    this.#asked = null;
    this.#show();
  }

  #try(key) {
    this.#pressed.add(key);
    this.#show();
    if (this.#pressed.size === 2) this.#done("keyboard");
  }

  #done(input) {
    this.#settle?.({ keys: this.#chosen, input });
    this.#settle = null;
  }

  #show() {
    for (const row of this.box.querySelectorAll("[data-answer]")) {
      const key = this.#chosen[row.dataset.answer];
      const label = row.querySelector("kbd");
      const isAsked = this.#asked === row.dataset.answer;
      label.textContent = isAsked ? "?" : labelOf(key);
      label.classList.toggle("pressed", this.#pressed.has(key) && !isAsked);
      row.classList.toggle("asked", isAsked);
    }
  }
}
