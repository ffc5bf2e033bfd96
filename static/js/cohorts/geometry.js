// What the server will cut from five points, drawn on two canvases: the same sums as aligned.py and pictures.py.

import { _ } from "../words.js";

const mean = (points) => points.reduce(([a, b], [x, y]) => [a + x / points.length, b + y / points.length], [0, 0]);
const between = ([ax, ay], [bx, by]) => [bx - ax, by - ay];

// a, b of z -> a z + b (complex, least squares) from `source` to `target`.
export const similarity = (source, target) => {
  const [mx, my] = mean(source);
  const [tx, ty] = mean(target);
  let re = 0, im = 0, norm = 0;
  source.forEach(([x, y], i) => {
    const [zx, zy, wx, wy] = [x - mx, y - my, target[i][0] - tx, target[i][1] - ty];
    re += zx * wx + zy * wy;
    im += zx * wy - zy * wx;
    norm += zx * zx + zy * zy;
  });
  const [ax, ay] = [re / norm, im / norm];
  return { ax, ay, bx: tx - (ax * mx - ay * my), by: ty - (ax * my + ay * mx) };
};

export const drawCrop = (canvas, photo, points, { template, side }) => {
  const { ax, ay, bx, by } = similarity(points, template);
  const pen = canvas.getContext("2d");
  const k = canvas.width / side;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(k * ax, k * ay, -k * ay, k * ax, k * bx, k * by);
  pen.drawImage(photo, 0, 0);
};

const quarters = (points) => {
  const [x, y] = between(mean(points.slice(0, 2)), mean(points.slice(3)));
  return Math.round(Math.atan2(-x, y) / (Math.PI / 2));
};

export const drawRendition = (canvas, photo, points, { frameHeight, belowTheEyes }) => {
  const eyes = mean(points.slice(0, 2));
  const unit = Math.max(Math.hypot(...between(points[0], points[1])), Math.hypot(...between(eyes, mean(points.slice(3)))), 1);
  const turn = (-quarters(points) * Math.PI) / 2; // counter-clockwise
  const k = canvas.height / (frameHeight * unit);
  const pen = canvas.getContext("2d");
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.fillStyle = "#808080";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.translate(canvas.width / 2, canvas.height / 2 - belowTheEyes * unit * k);
  pen.scale(k, k);
  pen.rotate(turn);
  pen.translate(-eyes[0], -eyes[1]);
  pen.drawImage(photo, 0, 0);
};

// Why the server would refuse these points, or "".
export const doubt = (points) => {
  const [across, down] = [between(points[0], points[1]), between(mean(points.slice(0, 2)), mean(points.slice(3)))];
  const mouth = between(points[3], points[4]);
  if (Math.hypot(...across) < 12 || Math.hypot(...down) < 6) return _("The points lie too close together.");
  const mirrored = across[0] * down[1] - across[1] * down[0] <= 0 || mouth[0] * across[0] + mouth[1] * across[1] <= 0;
  return mirrored ? _("Left and right are swapped, or the mouth lies above the eyes.") : "";
};
