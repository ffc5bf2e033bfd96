// Colours are the style sheet's tokens, so that figures follow the theme; on paper always those of the light one.

const dark = matchMedia("(prefers-color-scheme: dark)");
let paper = false;

const shown = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);

const light = (name) => {
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (rule.selectorText === ":root" && rule.style.getPropertyValue(name)) return rule.style.getPropertyValue(name);
    }
  }
  return "";
};

export const token = (name) => (paper ? light(name) : shown(name)).trim();
export const isPaper = () => paper;
export const isDark = () => dark.matches && !paper;

// `draw` runs again when the theme changes, and before and after printing.
export const onTheme = (draw) => {
  dark.addEventListener("change", draw);
  for (const [event, value] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(event, () => {
      paper = value;
      draw();
    });
  }
};
