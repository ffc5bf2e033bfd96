// The second question, after a GS call: which syndrome? A combobox with suggestions, for the keyboard first; it may be
// left empty. Pattern: WAI-ARIA combobox with list autocomplete.

const SHOWN = 6;

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// The suggestions that begin with what was typed, then those with a later word that does, then any that hold it.
export function matching(suggestions, typed, limit = SHOWN) {
  const wanted = plain(typed.trim());
  if (!wanted) return [];
  const rank = (name) => {
    const text = plain(name);
    if (text.startsWith(wanted)) return 0;
    return text.includes(` ${wanted}`) || text.includes(`-${wanted}`) ? 1 : 2;
  };
  const found = suggestions.filter((name) => plain(name).includes(wanted));
  return found.toSorted((a, b) => rank(a) - rank(b)).slice(0, limit);
}

export class SecondQuestion {
  #settle = null;
  #active = -1;

  constructor(form, suggestions) {
    this.form = form;
    this.suggestions = suggestions;
    this.input = form.querySelector("input");
    this.list = form.querySelector("[role=listbox]");
    this.input.addEventListener("input", () => this.#suggest());
    this.input.addEventListener("keydown", (event) => this.#press(event));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the field
    this.list.addEventListener("click", (event) => this.#choose(event.target.closest("[role=option]")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#done(this.input.value);
    });
  }

  // Resolves with the name, "" when it was left empty.
  ask() {
    this.input.value = "";
    this.#suggest();
    this.form.hidden = false;
    // A phone's keyboard would cover half of the page before anybody wants to type.
    const first = matchMedia("(pointer: coarse)").matches ? this.form.querySelector("button") : this.input;
    first.focus({ preventScroll: true });
    return new Promise((resolve) => { this.#settle = resolve; });
  }

  #done(value) {
    const typed = value.trim().replace(/\s+/g, " ");
    const known = this.suggestions.find((name) => plain(name) === plain(typed));
    this.form.hidden = true;
    document.activeElement?.blur();
    const settle = this.#settle;
    this.#settle = null;
    settle?.(known ?? typed);
  }

  #choose(option) {
    if (option) this.#done(option.textContent);
  }

  #press(event) {
    const options = this.list.children;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && options.length) this.#mark((this.#active + step + options.length + (this.#active < 0 && step < 0 ? 1 : 0)) % options.length);
    else if (event.key === "Escape") this.#show([]);
    else if (event.key === "Enter" && this.#active >= 0) this.#choose(options[this.#active]);
    else return;
    event.preventDefault();
  }

  #suggest() {
    this.#show(matching(this.suggestions, this.input.value));
  }

  #show(names) {
    const options = names.map((name, i) => {
      const option = document.createElement("li");
      Object.assign(option, { id: `syndrome-${i}`, textContent: name });
      option.setAttribute("role", "option");
      return option;
    });
    this.list.replaceChildren(...options);
    this.list.hidden = !options.length;
    this.input.setAttribute("aria-expanded", String(options.length > 0));
    this.#mark(-1);
  }

  #mark(index) {
    this.#active = index;
    for (const [i, option] of [...this.list.children].entries()) option.setAttribute("aria-selected", String(i === index));
    if (index < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `syndrome-${index}`);
  }
}
