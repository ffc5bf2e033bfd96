// Five points to drag, by mouse, pen, finger or arrow keys; the number fields are what is sent.

import { doubt, drawCrop, drawRendition } from "./geometry.js";
import { _, fill } from "../words.js";

const form = document.querySelector("[data-marking]");
if (form) start();

function start() {
  const svg = form.querySelector("svg");
  const photo = form.querySelector("[data-photo]");
  const geometry = JSON.parse(document.getElementById("geometry").textContent);
  const field = (axis, i) => form.elements[`${axis}${i}`];
  const names = [...form.querySelectorAll("details tbody tr td:first-child")].map((cell) => cell.textContent);
  const marks = ["L", "R", "N", "l", "r"];
  const { width, height } = svg.viewBox.baseVal;
  const points = names.map((_, i) => [Number(field("x", i).value), Number(field("y", i).value)]);
  const handles = names.map((name, i) => makeHandle(name, marks[i]));

  const unitsAPixel = () => width / svg.getBoundingClientRect().width;

  function makeHandle(name, mark) {
    const handle = document.createElementNS("http://www.w3.org/2000/svg", "g");
    handle.setAttribute("class", "handle");
    handle.setAttribute("tabindex", "0");
    handle.setAttribute("role", "slider");
    handle.innerHTML = '<circle class="reach"/><circle class="ring"/><circle class="dot"/><text></text>';
    handle.querySelector("text").textContent = mark;
    handle.setAttribute("aria-label", name);
    svg.append(handle);
    return handle;
  }

  const draw = () => {
    const u = unitsAPixel();
    handles.forEach((handle, i) => {
      const [x, y] = points[i];
      handle.setAttribute("transform", `translate(${x} ${y})`);
      handle.setAttribute("aria-valuetext", fill(_("%(x)s across, %(y)s down"), { x: Math.round(x), y: Math.round(y) }));
      handle.setAttribute("aria-valuenow", Math.round(x));
      handle.querySelector(".reach").setAttribute("r", 22 * u);
      handle.querySelector(".ring").setAttribute("r", 9 * u);
      handle.querySelector(".dot").setAttribute("r", 1.6 * u);
      const text = handle.querySelector("text");
      text.setAttribute("font-size", 13 * u);
      text.setAttribute("x", 12 * u);
      text.setAttribute("y", -8 * u);
    });
    const why = doubt(points);
    const warning = form.querySelector("[data-warning]");
    warning.textContent = why;
    warning.hidden = !why;
    form.querySelector("[data-save]").disabled = Boolean(why);
    if (!photo.complete || !photo.naturalWidth) return;
    drawCrop(form.querySelector("[data-preview=crop]"), photo, points, geometry);
    drawRendition(form.querySelector("[data-preview=rendition]"), photo, points, geometry);
  };

  const move = (i, x, y) => {
    points[i] = [Math.min(width, Math.max(0, x)), Math.min(height, Math.max(0, y))];
    field("x", i).value = points[i][0].toFixed(1);
    field("y", i).value = points[i][1].toFixed(1);
    draw();
  };

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  handles.forEach((handle, i) => {
    let grip = null; // where on the point it was taken, so that it does not jump
    const place = (event) => {
      const box = svg.getBoundingClientRect();
      return [(event.clientX - box.left) * unitsAPixel(), (event.clientY - box.top) * unitsAPixel()];
    };
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.focus();
      handle.setPointerCapture(event.pointerId);
      const [x, y] = place(event);
      grip = [points[i][0] - x, points[i][1] - y];
    });
    handle.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const [x, y] = place(event);
      move(i, x + grip[0], y + grip[1]);
    });
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => (grip = null));
    handle.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      const far = (event.shiftKey ? 10 : 1) * Math.max(1, unitsAPixel());
      move(i, points[i][0] + step[0] * far, points[i][1] + step[1] * far);
    });
    for (const axis of ["x", "y"]) {
      field(axis, i).addEventListener("change", () => move(i, Number(field("x", i).value), Number(field("y", i).value)));
    }
  });

  // For a photo that lies on its side: all points a quarter turn about their middle.
  form.querySelector("[data-turn]").addEventListener("click", () => {
    const middle = points.reduce(([a, b], [x, y]) => [a + x / 5, b + y / 5], [0, 0]);
    points.forEach(([x, y], i) => move(i, middle[0] - (y - middle[1]), middle[1] + (x - middle[0])));
  });

  photo.addEventListener("load", draw);
  new ResizeObserver(draw).observe(svg);
  draw();
}
