// Heat maps on and off: all of them by the box, one by the button that its face is.

const box = document.querySelector("[data-maps]");

const put = (stack, isOn) => {
  const heat = stack.querySelector(".heat");
  if (!heat) return;
  heat.hidden = !isOn;
  if (stack.matches("[data-face]")) stack.setAttribute("aria-pressed", String(isOn));
};

box?.addEventListener("change", () => {
  for (const stack of document.querySelectorAll(".face-stack")) put(stack, box.checked);
});
for (const face of document.querySelectorAll("[data-face]:enabled")) {
  face.addEventListener("click", () => put(face, face.getAttribute("aria-pressed") !== "true"));
}
