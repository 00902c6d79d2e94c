// What an open page does: it keeps its live parts as they are on the server, and shows times in the reader's zone.
// Parts are elements that the server marks with `data-live`, the digest of their state.
(() => {
  "use strict";
  const PATIENCE = 2000; // milliseconds until a lost connection is spoken of: most are back before
  let source = null, shown = "", retry = 1000, again = 0, speak = 0, gone = false;

  function say(state) {
    const output = document.getElementById("connection");
    if (!output || output.dataset.state === state) return;
    output.dataset.state = state;
    output.textContent = output.dataset[`${state}Text`] ?? "";
    if (state !== "gone") return;
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = output.dataset.reloadText ?? "Load it again";
    output.append(" ", link);
  }

  function lost() {
    speak ||= setTimeout(() => say("lost"), PATIENCE);
  }

  function found() {
    clearTimeout(speak);
    speak = 0;
    say("found");
  }

  function close() {
    clearTimeout(again);
    clearTimeout(speak);
    speak = 0;
    source?.close();
    source = null;
  }

  const have = () =>
    [...document.querySelectorAll("[data-live][id]")].map((each) => `${each.id}:${each.dataset.live}`).join(",");

  // One stream a page; none in the background: browsers give a site few connections. What the page has says where
  // to go on.
  function open() {
    const page = document.getElementById("main")?.dataset.page;
    if (source && page === shown) return;
    close();
    shown = page;
    if (gone || !page || document.hidden || !document.querySelector("[data-live]")) return;
    const place = `/live?${new URLSearchParams({ page, have: have() })}`;
    if (place.length > 7000) return; // servers take no longer one
    const mine = (source = new EventSource(place));
    mine.addEventListener("part", (event) => part(event.data));
    mine.addEventListener("live", () => { retry = 1000; found(); });
    mine.addEventListener("main", () => main(page));
    mine.addEventListener("gone", () => { gone = true; close(); say("gone"); });
    mine.addEventListener("error", () => {
      if (mine !== source) return;
      if (mine.readyState === EventSource.CLOSED) { // else it comes back by itself
        close();
        again = setTimeout(open, retry);
        retry = Math.min(retry * 2, 30000);
      }
      lost();
    });
  }

  const swap = { target: "#main", select: "#main", swap: "outerHTML", selectOOB: "#nav" };
  let loaded = 0, later = 0;

  // The page has other parts than before. Not at once again: what is outside of main may ask for it for ever.
  function main(page) {
    clearTimeout(later);
    const wait = loaded + 10000 - Date.now();
    if (wait > 0) {
      later = setTimeout(() => page === shown && main(page), wait);
      return;
    }
    loaded = Date.now();
    htmx.ajax("GET", page, { ...swap, swap: "outerMorph" });
  }

  function part(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    for (const fresh of [...template.content.children]) {
      const target = document.getElementById(fresh.id);
      if (!target) continue;
      times(fresh);
      htmx.swap({ text: fresh.outerHTML, target, swap: "outerMorph", sourceElement: document.body, part: true });
    }
  }

  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

  function times(root) {
    for (const each of root.querySelectorAll("time[datetime*='T']")) {
      const at = new Date(each.dateTime);
      if (Number.isNaN(at.valueOf())) continue;
      each.title ||= each.textContent;
      each.textContent = format.format(at);
    }
  }

  // After a link or a form: what was swapped in is a page of its own.
  document.addEventListener("htmx:after:swap", (event) => {
    const ctx = event.detail.ctx;
    if (ctx.part) return;
    if (gone) say("found");
    gone = false;
    times(document);
    const main = document.getElementById("main");
    const focused = document.activeElement; // one who types goes on typing, wherever the field is
    const wrong = main?.querySelector("[aria-invalid=true]");
    if (wrong) wrong.focus();
    else if (main && !main.contains(focused) && ctx.sourceElement !== focused) main.focus({ preventScroll: true });
    close(); // the answer may be older than what the stream brought meanwhile
    open();
  });
  // What is no page of ours is gone to, not swapped in.
  document.addEventListener("htmx:after:request", (event) => {
    const { response, text, select } = event.detail.ctx;
    if (select !== "#main" || /<main[^>]* id="main"/.test(text)) return;
    event.preventDefault();
    location.assign(response.raw.url);
  });
  // A form that leads back to its page, and a link to it, leave what is being typed elsewhere on it as it is.
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx, tasks } = event.detail;
    const task = tasks.find((each) => each.type === "main" && each.target?.id === "main");
    if (!task || task.fragment.querySelector("#main")?.dataset.page !== task.target.dataset.page) return;
    if (!task.target.dataset.page) return;
    if (ctx.sourceElement instanceof HTMLFormElement && ctx.response.status < 400) ctx.sourceElement.reset();
    task.swapSpec.style = "outerMorph";
    task.swapSpec.show = "none";
  });
  // Going back swaps as links do, so that what is outside of the page goes on.
  document.addEventListener("htmx:before:history:restore", (event) => {
    event.preventDefault();
    htmx.ajax("GET", event.detail.path, swap);
  });
  document.addEventListener("htmx:error", () => say("failed"));
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  // A page that the browser had put aside may be of one who has signed out since.
  addEventListener("pageshow", (event) => (event.persisted ? location.reload() : open()));
  addEventListener("online", () => { retry = 1000; open(); });
  addEventListener("offline", lost);
  times(document);
  open();
})();
