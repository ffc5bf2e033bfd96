// What is told of a look beside its times: the screen it was on, and how large the face was there.

import { round } from "./trial.js";

const degrees = (mm, distance) => round((2 * Math.atan(mm / (2 * distance)) * 180) / Math.PI);

// The face in millimetres, and in degrees of the visual field, where the device check measured the screen with a card.
export function sizeOf([width, height], calibration) {
  if (!calibration?.px_per_mm) return {};
  const { px_per_mm: measured, viewing_distance_mm: distance, pixel_ratio: then = devicePixelRatio } = calibration;
  const scale = round((measured * then) / devicePixelRatio, 4); // zooming makes a CSS pixel larger
  const shown = [width, height].map((px) => round(px / scale));
  const angle = distance ? { viewing_distance_mm: distance, visual_angle_deg: shown.map((mm) => degrees(mm, distance)) } : {};
  return { px_per_mm: scale, shown_mm: shown, ...angle };
}

// A look's outcome with all its measures.
export function described(outcome, { plate, rules, more = {} }) {
  const box = plate.getBoundingClientRect();
  const screenful = {
    viewport: [innerWidth, innerHeight],
    screen: [window.screen.width, window.screen.height],
    pixel_ratio: devicePixelRatio,
    shown_size: [Math.round(box.width), Math.round(box.height)],
    ...sizeOf([box.width, box.height], rules.calibration),
    is_fullscreen: Boolean(document.fullscreenElement),
    is_simulated: document.documentElement.dataset.simulated === "true",
    input_device: matchMedia("(pointer: coarse)").matches ? "touch" : "mouse",
    user_agent: navigator.userAgent,
  };
  return { ...outcome, measures: { ...outcome.measures, ...screenful, ...more } };
}
