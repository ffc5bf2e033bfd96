// What stands around the face: progress, the state of saving, and the panels between faces.

import { _, fill } from "../words.js";

const find = (id) => document.getElementById(id);

export class Screen {
  constructor() {
    for (const id of ["stage", "plate", "mask", "progress", "bar", "left", "status", "sign-in", "panel", "prompt"]) {
      this[id.replace("-i", "I")] = find(id);
    }
    this.paces = [];
    this.last = "";
  }

  // fixation | showing | mask | asking | rating | naming | saving | undo | hint | panel
  phase(name, prompt = "") {
    this.stage.dataset.phase = name;
    this.prompt.textContent = prompt;
    find("ask").textContent = prompt; // in the panel that covers the prompt
  }

  place({ done, total }, secondsEach) {
    this.progress.textContent = fill(_("%(n)s of %(total)s"), { n: Math.min(done + 1, total), total });
    this.bar.max = total;
    this.bar.value = done;
    this.left.textContent = remaining((total - done) * (this.#pace() ?? secondsEach));
  }

  // Seconds that one face took, from one to the next; with a second question about the same face both together. Rests
  // and pauses are not counted.
  took(seconds, token) {
    if (token === this.last) this.paces[this.paces.length - 1] += seconds;
    else this.paces = [...this.paces, seconds].slice(-20);
    this.last = token;
  }

  // Leaves a note on the screen for a while; Space, Enter, P or a tap end it sooner.
  readFor(ms) {
    return new Promise((resolve) => {
      const done = (event) => {
        if (event?.type === "keydown" && ![" ", "Enter", "p", "P"].includes(event.key)) return;
        clearTimeout(timer);
        window.removeEventListener("keydown", done);
        window.removeEventListener("pointerdown", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      window.addEventListener("keydown", done);
      window.addEventListener("pointerdown", done);
    });
  }

  #pace() {
    if (this.paces.length < 5) return null;
    return this.paces.toSorted((a, b) => a - b)[this.paces.length >> 1];
  }

  // `status`: of the answer that says "again"; without one nobody answered.
  saving(word, status = 0) {
    const again = status ? _("the site cannot save just now – your answer is kept, trying again") : _("no connection – your answer is kept, trying again");
    const sentence = { saving: _("saving …"), saved: _("saved"), again };
    this.status.textContent = sentence[word] ?? "";
    this.status.dataset.state = word;
    this.signIn.hidden = word !== "sign in";
  }

  // A card over the empty stage, which is out of reach meanwhile; resolves when its button is used.
  ask({ title, text, button, quiet }) {
    this.panel.querySelector("h1").textContent = title;
    this.panel.querySelector("p").textContent = text;
    const go = this.panel.querySelector("#go");
    go.textContent = button ?? "";
    go.hidden = !button;
    this.panel.querySelector("#leave").hidden = Boolean(quiet);
    this.panel.hidden = false;
    this.stage.inert = true;
    if (button) go.focus();
    return new Promise((resolve) => {
      go.onclick = () => {
        this.panel.hidden = true;
        this.stage.inert = false;
        resolve();
      };
    });
  }
}

function remaining(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return _("less than a minute left");
  if (minutes < 60) return fill(_("about %(n)s min left"), { n: minutes });
  return fill(_("about %(hours)s h %(minutes)s min left"), { hours: Math.floor(minutes / 60), minutes: String(minutes % 60).padStart(2, "0") });
}
