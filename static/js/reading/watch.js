// Whether the reader sits in front of the page: a look is broken off when not, and the next face waits.

import { _ } from "../words.js";

const isTyping = (event) => event.target.closest?.("input:not([type=range]), textarea") !== null;

export class Watch {
  #look = null; // the one that is on the screen
  #wantsPause = false;
  #isFullscreen = false;

  // `gone(look)` hears that the page is being left, `hidden()` that it is out of sight, `note(kind, detail)` of pauses.
  constructor({ screen, gone, hidden, note }) {
    Object.assign(this, { screen, note });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) return;
      this.disturbed("hidden");
      hidden();
    });
    window.addEventListener("blur", () => this.disturbed("blur"));
    document.addEventListener("fullscreenchange", () => {
      if (this.#isFullscreen && !document.fullscreenElement) this.disturbed("fullscreen-left");
    });
    window.addEventListener("resize", () => this.#look?.note("resize", { size: [innerWidth, innerHeight] }));
    window.addEventListener("pagehide", () => gone(this.#look?.isOver ? null : this.#look));
    window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    this.#listenForPause();
  }

  #listenForPause() {
    this.button = document.getElementById("pause");
    this.button.addEventListener("click", () => this.#askForPause(true));
    window.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "p" || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.screen.panel.hidden && !isTyping(event)) this.#askForPause(true);
    });
  }

  #askForPause(wants) {
    this.#wantsPause = wants;
    this.button.textContent = wants ? _("Pausing after this face") : _("Pause (P)");
  }

  get hasPauseComing() {
    return this.#wantsPause;
  }

  get isUndisturbed() {
    return !document.hidden && document.hasFocus() && (!this.#isFullscreen || Boolean(document.fullscreenElement));
  }

  attend(look) {
    this.#look = look;
    if (!this.isUndisturbed) look.stop("left", document.hidden ? "hidden" : "blur");
  }

  release() {
    this.#look = null;
  }

  disturbed(kind) {
    this.#look?.note(kind);
    this.#look?.stop("left", kind);
  }

  async enterFullscreen() {
    let refused = "";
    await document.documentElement.requestFullscreen?.({ navigationUI: "hide" }).catch((problem) => { refused = String(problem); });
    this.#isFullscreen = Boolean(document.fullscreenElement);
    if (!this.#isFullscreen) this.note("fullscreen-refused", { reason: refused || "not offered by this browser" });
  }

  async leaveFullscreen() {
    this.#isFullscreen = false;
    if (document.fullscreenElement) await document.exitFullscreen().catch(() => {});
  }

  // Waits, before a face, until the reader sits in front of the page and wants to go on. False when no wait was needed.
  async readiness() {
    if (!this.#wantsPause && this.isUndisturbed) return false;
    const isPause = this.#wantsPause;
    const text = isPause ? _("Take the time you need. The next face comes when you go on.") : _("The next face waits until you are back.");
    const begun = performance.now();
    await this.screen.ask({ title: isPause ? _("Pause") : _("You were away"), text, button: _("Go on") });
    if (isPause) this.note("pause", { seconds: Math.round((performance.now() - begun) / 1000) });
    this.#askForPause(false);
    if (this.#isFullscreen && !document.fullscreenElement) await this.enterFullscreen();
    return true;
  }
}
