// Lets the link to the augmentation preview carry the choices made so far.

const KEYS = ["cohort", "preset", "seed", "rotation", "scale", "shift", "crop", "flip", "input_size", "batch_size", "balanced"];
const link = document.querySelector("[data-preview]");
const form = document.querySelector("[data-new-run]");

if (link && form) {
  const page = link.getAttribute("href");
  const follow = () => {
    const chosen = new FormData(form);
    const query = new URLSearchParams();
    for (const key of KEYS) if (chosen.get(key)) query.set(key, chosen.get(key));
    link.href = `${page}?${query}`;
  };
  form.addEventListener("input", follow);
  form.addEventListener("change", follow);
  follow();
}
