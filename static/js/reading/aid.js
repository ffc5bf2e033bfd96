// What the model says about a face: its estimate as number, bar and words, and where in the face it looked.

import { _, fill } from "../words.js";

// Cividis (Nunez, Anderton & Renslow, PLoS One 2018;13:e0199239): even steps of brightness, and the same for readers
// with and without a colour deficiency. Ten stops of the published map.
const CIVIDIS = [
  [0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115], [138, 134, 120],
  [165, 156, 116], [195, 179, 105], [225, 204, 85], [254, 232, 56],
];
const SIZE = 224; // the model's own crop

// Where the crop is aligned to: the ArcFace template, zoomed out by 0.82 (training/engine/align.py), in parts of the
// side. Eyes, nose tip, corners of the mouth.
const zoomed = ([x, y]) => [((x - 56) * 0.82 + 56) / 112, ((y - 56) * 0.82 + 56) / 112];
const LANDMARKS = [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]].map(zoomed);

// The colour of a value 0..1.
export function colourOf(value) {
  const place = Math.min(1, Math.max(0, value)) * (CIVIDIS.length - 1);
  const low = Math.min(CIVIDIS.length - 2, Math.floor(place));
  return CIVIDIS[low].map((channel, i) => Math.round(channel + (CIVIDIS[low + 1][i] - channel) * (place - low)));
}

// Number and sentence. Only a calibrated estimate may be called a probability.
export function wordsFor({ probability, is_calibrated: isCalibrated }) {
  const percent = Math.round(probability * 100);
  if (!isCalibrated) {
    return { number: String(percent), unit: _("of 100"), label: _("score"), sentence: _("The model's score from 0 to 100. Higher means more like a syndrome; it is not a probability.") };
  }
  const number = probability > 0.99 ? "> 99" : probability < 0.01 ? "< 1" : String(percent);
  const of = probability > 0.99 ? _("more than 99") : probability < 0.01 ? _("fewer than 1") : fill(_("about %(n)s"), { n: percent });
  return { number, unit: "%", label: _("probability"), sentence: fill(_("Of 100 children of this collection with such an estimate, %(number)s have a genetic syndrome."), { number: of }) };
}

export class Aid {
  constructor(panel) {
    this.panel = panel;
    this.canvas = panel.querySelector("canvas");
    this.#drawScale(panel.querySelector("[data-scale]"));
  }

  // Puts the panel's content in place, unseen; show() brings it up. Resolves once the heat map is drawn.
  async prepare(aid) {
    const words = wordsFor(aid);
    const percent = `${(100 * aid.probability).toFixed(1)}%`;
    this.panel.querySelector("[data-number]").textContent = words.number;
    this.panel.querySelector("[data-unit]").textContent = words.unit;
    this.panel.querySelector("[data-label]").textContent = words.label;
    this.panel.querySelector("[data-sentence]").textContent = words.sentence;
    this.panel.querySelector("[data-bar]").style.setProperty("--share", percent);
    this.panel.classList.toggle("has-map", Boolean(aid.heat_map));
    this.panel.querySelector("figure").hidden = !aid.heat_map;
    if (aid.heat_map) await this.#draw(aid.heat_map);
  }

  // "beside" the face, as the page's phases allow, or "after" it in its place.
  show(place) {
    this.panel.dataset.place = place;
    this.panel.hidden = false;
  }

  hide() {
    this.panel.hidden = true;
    delete this.panel.dataset.place;
  }

  async #draw(source) {
    const image = new Image();
    image.src = source;
    await image.decode();
    this.canvas.width = this.canvas.height = SIZE;
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, SIZE, SIZE);
    const picture = context.getImageData(0, 0, SIZE, SIZE);
    for (let i = 0; i < picture.data.length; i += 4) picture.data.set([...colourOf(picture.data[i] / 255), 255], i);
    context.putImageData(picture, 0, 0);
    this.#outline(context);
  }

  // The eyes, the nose and the mouth of no face in particular: without them nobody could tell what lies where.
  #outline(context) {
    const [left, right, nose, mouthLeft, mouthRight] = LANDMARKS.map(([x, y]) => [x * SIZE, y * SIZE]);
    const middle = (mouthLeft[0] + mouthRight[0]) / 2;
    const path = new Path2D();
    for (const [x, y] of [left, right]) {
      path.moveTo(x + 15, y);
      path.ellipse(x, y, 15, 8, 0, 0, 2 * Math.PI);
    }
    path.moveTo(nose[0] - 11, nose[1] + 2);
    path.quadraticCurveTo(nose[0], nose[1] + 14, nose[0] + 11, nose[1] + 2);
    path.moveTo(...mouthLeft);
    path.quadraticCurveTo(middle, mouthLeft[1] + 13, ...mouthRight);
    path.moveTo(middle + 71, 108);
    path.ellipse(middle, 108, 71, 98, 0, 0, 2 * Math.PI);
    for (const [colour, width] of [["rgb(0 0 0 / 55%)", 4], ["rgb(255 255 255 / 90%)", 1.6]]) {
      Object.assign(context, { strokeStyle: colour, lineWidth: width, lineCap: "round" });
      context.stroke(path);
    }
  }

  #drawScale(canvas) {
    Object.assign(canvas, { width: 256, height: 1 });
    const context = canvas.getContext("2d");
    for (let x = 0; x < 256; x += 1) {
      context.fillStyle = `rgb(${colourOf(x / 255).join(" ")})`;
      context.fillRect(x, 0, 1, 1);
    }
  }
}
