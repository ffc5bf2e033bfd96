// Looks from outside whether a face is on the page, once in every frame, just before that frame is painted.
//
// A ResizeObserver callback runs after every animation-frame callback, style and layout, whatever order the page has
// registered its own in. A sentinel that changes its width in each frame makes it run in each. The page is asked nothing.
(selector) => {
  if (window.top !== window) return;
  const tell = (event) => window.__observed?.(JSON.stringify(event));
  let stamp = 0;
  let open = null;

  const isSeen = (element) => {
    if (!element.checkVisibility({ visibilityProperty: true })) return false;
    if (element.tagName === "IMG" && !(element.complete && element.naturalWidth)) return false;
    let opacity = 1;
    for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
    const box = element.getBoundingClientRect();
    return opacity > 0.02 && box.width > 1 && box.bottom > 0 && box.top < innerHeight;
  };

  const look = () => {
    const shown = [...document.querySelectorAll(selector)].find(isSeen);
    const key = shown ? shown.dataset.stimulus || shown.getAttribute("src") : null;
    if (open && key !== open.key) {
      tell({ kind: "offset", ...open, offset: stamp });
      open = null;
    }
    if (key && !open) {
      open = { key, onset: stamp, gap: 0, natural: [shown.naturalWidth ?? 0, shown.naturalHeight ?? 0] };
      tell({ kind: "onset", ...open });
    }
  };

  const begin = () => {
    const sentinel = document.createElement("div");
    sentinel.style.cssText = "position:fixed;left:0;top:0;width:1px;height:1px;visibility:hidden;contain:strict";
    document.documentElement.append(sentinel);
    new ResizeObserver(look).observe(sentinel);
    let isWide = false;
    const tick = (now) => {
      if (open) open.gap = Math.max(open.gap, now - stamp);
      stamp = now;
      isWide = !isWide;
      sentinel.style.width = isWide ? "2px" : "1px";
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  };

  addEventListener("keydown", (event) => {
    if (!event.repeat) tell({ kind: "key", key: event.key, at: event.timeStamp });
  }, { capture: true, passive: true });
  addEventListener("DOMContentLoaded", begin);
}
