// The matrix of calls: a click on a cell opens its case. The table below it says the same for the keyboard.

import { plot } from "./plot.js";

const ROW_PX = 22;
const AROUND_PX = 60; // axis title and margins
const place = document.querySelector("[data-matrix]");
const { data, layout, numbers } = JSON.parse(document.getElementById("matrix-figure").textContent).matrix;
const height = Math.max(140, data[0].y.length * ROW_PX + AROUND_PX);

plot(place, data, { ...layout, margin: { l: 70, r: 6, t: 6, b: 36 } }, { height });
const listen = new MutationObserver(() => {
  if (!place.on) return;
  listen.disconnect();
  place.on("plotly_click", ({ points: [point] }) => {
    window.location.assign(`${place.dataset.base}${numbers[point.x]}/${place.dataset.query}`);
  });
});
listen.observe(place, { attributes: true, attributeFilter: ["data-drawn"] });
