// Lines of a chart that have another place go there, for those who like things to move.
(() => {
  "use strict";
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let places = new Map();

  function look(moves) {
    const now = new Map();
    for (const line of document.querySelectorAll(".chart > li[id]")) {
      now.set(line.id, line.offsetTop);
      const by = places.has(line.id) ? places.get(line.id) - line.offsetTop : 0;
      if (moves && by && !still.matches)
        line.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], { duration: 450, easing: "ease-out" });
    }
    places = now;
  }

  // A page that comes in place of another moves nothing; a live part that changes does.
  let page = null;
  new MutationObserver(() => {
    const main = document.getElementById("main");
    look(page === main?.dataset.page);
    page = main?.dataset.page;
  }).observe(document.body, { childList: true, subtree: true });
  addEventListener("resize", () => look(false));
  page = document.getElementById("main")?.dataset.page;
  look(false);
})();
