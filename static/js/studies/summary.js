// Keeps the plain words beside the form in step with the rules typed so far. The server writes the sentences.
const form = document.querySelector("form[data-summary]");
if (form) {
  const place = form.querySelector("[data-sentences]");
  const left_out = new Set(["csrfmiddlewaretoken", "consent_text", "instructions", "description", "reason", "syndromes"]);
  let timer = 0;
  let turn = 0;

  const refresh = async () => {
    const mine = ++turn;
    const rules = [...new FormData(form)].filter(([name]) => !left_out.has(name));
    const answer = await fetch(`${form.dataset.summary}?${new URLSearchParams(rules)}`);
    if (answer.ok && mine === turn) place.innerHTML = await answer.text();
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 250);
  });
}
