// The reader's answer: by key, mouse, touch or pen. The first one counts; what comes too early or again does nothing.

const REFLEX_MS = 100; // nobody answers a face in less: such a press was meant for something else

export class Answers {
  #mode = "off";
  #held = new Set();
  #settle = null;
  #since = 0;
  ignored = 0;

  // `keys` are {gs, not_gs}, lower case.
  constructor({ no, yes, scale, confidence, keys }) {
    Object.assign(this, { no, yes, scale, confidence, keys });
    window.addEventListener("keydown", (event) => this.#press(event), { capture: true });
    window.addEventListener("keyup", (event) => this.#held.delete(event.key.toLowerCase()), { capture: true });
    window.addEventListener("blur", () => this.#held.clear());
    this.#listen(no, (event) => this.#answer(false, event));
    this.#listen(yes, (event) => this.#answer(true, event));
    for (const button of scale.querySelectorAll("[data-confidence]")) {
      this.#listen(button, (event) => this.#rate(Number(button.dataset.confidence), event));
    }
    this.slider = scale.querySelector("input[type=range]");
    if (this.slider) this.#listen(scale.querySelector("[data-confirm]"), (event) => this.#rate(this.slider.valueAsNumber, event));
    this.#show();
  }

  // A press of the pointer counts when it goes down; click is left for keyboards and screen readers on the button.
  #listen(element, act) {
    element.addEventListener("pointerdown", (event) => { if (event.button === 0) act(event); });
    element.addEventListener("click", (event) => { if (event.detail === 0) act(event); });
  }

  // off | answer | scale
  get mode() {
    return this.#mode;
  }

  // Resolves with {is_gs, at, input, key, side}; `at` is the browser's stamp of the event. Presses before `since` are ignored.
  ask(since) {
    this.#since = since;
    return this.#wait("answer");
  }

  // Resolves with {confidence, at}.
  askConfidence() {
    if (this.confidence === "none") return Promise.resolve({ confidence: null });
    if (this.slider) {
      this.slider.value = 50;
      this.slider.dispatchEvent(new Event("input"));
    }
    return this.#wait("scale");
  }

  // Nothing is asked any more; a pending question resolves with null.
  close() {
    this.#done(null);
  }

  // Shows what was answered.
  mark(isGs) {
    const button = isGs ? this.yes : this.no;
    button.classList.add("chosen");
    button.setAttribute("aria-pressed", "true");
  }

  // A new face: marks of the last one go.
  clear() {
    for (const button of [this.no, this.yes]) {
      button.classList.remove("chosen");
      button.setAttribute("aria-pressed", "false");
    }
    for (const button of this.scale.querySelectorAll(".chosen")) button.classList.remove("chosen");
  }

  #wait(mode) {
    this.#mode = mode;
    this.#show();
    return new Promise((resolve) => { this.#settle = resolve; });
  }

  #done(value) {
    const settle = this.#settle;
    this.#settle = null;
    this.#mode = "off";
    this.#show();
    settle?.(value);
  }

  #press(event) {
    const key = event.key.toLowerCase();
    const isFresh = !event.repeat && !this.#held.has(key);
    this.#held.add(key);
    if (event.ctrlKey || event.metaKey || event.altKey || this.#mode === "off") return;
    if (this.#mode === "answer" && [this.keys.gs, this.keys.not_gs].includes(key)) {
      event.preventDefault();
      if (isFresh) this.#answer(key === this.keys.gs, event);
    } else if (this.#mode === "scale") this.#pressScale(event, key, isFresh);
  }

  #pressScale(event, key, isFresh) {
    if (this.confidence === "five" && /^[1-5]$/.test(key)) {
      event.preventDefault();
      if (isFresh) this.#rate(Number(key), event);
    } else if (this.slider && key === "enter" && isFresh) {
      event.preventDefault();
      this.#rate(this.slider.valueAsNumber, event);
    } else if (this.slider && document.activeElement !== this.slider) {
      this.#slide(event, key);
    }
  }

  #slide(event, key) {
    const step = { arrowleft: -5, arrowdown: -5, arrowright: 5, arrowup: 5 }[key];
    if (step) this.slider.value = this.slider.valueAsNumber + step;
    else if (/^[0-9]$/.test(key)) this.slider.value = key === "0" ? 100 : Number(key) * 10;
    else return;
    event.preventDefault();
    this.slider.dispatchEvent(new Event("input"));
  }

  #answer(isGs, event) {
    if (this.#mode !== "answer") return;
    if (event.timeStamp < this.#since + REFLEX_MS) {
      this.ignored += 1;
      return;
    }
    this.mark(isGs);
    const key = event.type === "keydown" ? event.key.toLowerCase() : "";
    const { side } = (isGs ? this.yes : this.no).dataset;
    this.#done({ is_gs: isGs, at: event.timeStamp, input: event.pointerType || "key", key, side });
  }

  #rate(confidence, event) {
    if (this.#mode !== "scale") return;
    this.scale.querySelector(`[data-confidence="${confidence}"]`)?.classList.add("chosen");
    this.#done({ confidence, at: event.timeStamp });
  }

  #show() {
    for (const button of [this.no, this.yes]) button.disabled = this.#mode !== "answer";
    this.scale.classList.toggle("asked", this.#mode === "scale");
    for (const control of this.scale.querySelectorAll("button, input")) control.disabled = this.#mode !== "scale";
  }
}
