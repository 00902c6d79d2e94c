// The player: it is outside of <main>, and goes on while pages come and go. Links with `data-play` are what it plays;
// without this file they lead to the sound itself. A song that was heard for some seconds is told as a play.
(() => {
  "use strict";
  const HEARD = 5; // seconds
  const player = document.getElementById("player");
  if (!player) return;
  const audio = new Audio();
  audio.preload = "auto";
  audio.id = "audio";
  player.append(audio);
  const part = (name) => document.getElementById(`player-${name}`);
  const [title, artist, at, length, seek, level] = ["title", "artist", "at", "length", "seek", "level"].map(part);
  const go = player.querySelector("[data-key=go]");
  let queue = [], place = -1, heard = 0, last = 0, told = false;

  const song = () => queue[place];
  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  // What is known of a song beside the link that plays it.
  function about(link) {
    const row = link.closest("li, .hero");
    const artist = row?.querySelector("[href^='/artists/']")?.textContent ?? "";
    return { ...link.dataset, href: link.getAttribute("href"), artist, cover: row?.querySelector("img")?.getAttribute("src") };
  }

  // What can be heard on this page, in its order; a song that is there twice counts once.
  function listed() {
    const found = new Map();
    for (const link of document.querySelectorAll("main [data-play]"))
      if (!found.has(link.dataset.play)) found.set(link.dataset.play, about(link));
    return [...found.values()];
  }

  function start(number) {
    if (!queue[number]) return;
    place = number;
    heard = last = 0;
    told = false;
    audio.src = song().href;
    player.hidden = false;
    title.textContent = song().title;
    title.dir = "auto";
    title.href = `/songs/${song().play}`;
    artist.textContent = song().artist;
    artist.dir = "auto";
    picture();
    audio.play().catch(() => show());
    if (!("mediaSession" in navigator)) return;
    const artwork = song().cover ? [{ src: song().cover, sizes: "400x400" }] : [];
    navigator.mediaSession.metadata = new MediaMetadata({ title: song().title, artist: song().artist, artwork });
  }

  function picture() {
    const cover = player.querySelector(".cover");
    cover.querySelector("img")?.remove();
    cover.classList.toggle("bare", !song().cover);
    cover.querySelector("svg").toggleAttribute("hidden", Boolean(song().cover));
    if (!song().cover) return;
    const image = document.createElement("img");
    image.alt = "";
    image.src = song().cover;
    cover.append(image);
  }

  function toggle() {
    if (audio.paused) audio.play().catch(() => show());
    else audio.pause();
  }

  function step(by) {
    if (by < 0 && audio.currentTime > 3) audio.currentTime = 0;
    else start(place + by);
  }

  // What is seen of it: in the player, and on whatever buttons the page has for this song.
  function show() {
    const playing = !audio.paused && !audio.ended;
    player.classList.toggle("playing", playing);
    go.setAttribute("aria-label", playing ? "Pause" : "Play");
    for (const link of document.querySelectorAll("[data-play]")) {
      const on = playing && link.dataset.play === song()?.play;
      if (link.classList.contains("playing") !== on) link.classList.toggle("playing", on);
      const label = `${on ? "Pause" : "Play"} ${link.dataset.title}`;
      if (link.getAttribute("aria-label") !== label) link.setAttribute("aria-label", label);
    }
  }

  function tick() {
    const now = audio.currentTime, all = Number.isFinite(audio.duration) ? audio.duration : 30;
    if (now > last && now - last < 1.5) heard += now - last;
    last = now;
    seek.max = all;
    if (document.activeElement !== seek || !seek.matches(":active")) seek.value = now;
    seek.setAttribute("aria-valuetext", `${clock(now)} of ${clock(all)}`);
    at.textContent = clock(now);
    length.textContent = clock(all);
    if (heard >= Math.min(HEARD, all / 2)) tell();
  }

  function tell() {
    if (told || !player.dataset.listener) return;
    told = true;
    const body = JSON.stringify({ song_id: song().play });
    fetch("/plays", { method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive: true }).catch(() => {
      told = false; // another second, another try
    });
  }

  addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-play]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    event.stopPropagation();
    if (link.dataset.play === song()?.play && !audio.ended) return toggle();
    queue = listed();
    if (!queue.some((each) => each.play === link.dataset.play)) queue = [about(link)];
    start(queue.findIndex((each) => each.play === link.dataset.play));
  }, true);

  player.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key === "go") toggle();
    else if (key) step(key === "next" ? 1 : -1);
  });
  seek.addEventListener("input", () => { audio.currentTime = last = Number(seek.value); });
  level.addEventListener("input", () => { audio.volume = Number(level.value); });
  for (const name of ["play", "playing", "pause", "ended", "emptied"]) audio.addEventListener(name, show);
  audio.addEventListener("timeupdate", tick);
  audio.addEventListener("ended", () => { if (queue[place + 1]) start(place + 1); });
  audio.addEventListener("error", () => { artist.textContent = "This song cannot be heard just now."; show(); });
  navigator.mediaSession?.setActionHandler("previoustrack", () => step(-1));
  navigator.mediaSession?.setActionHandler("nexttrack", () => step(1));

  // Pages and live parts bring buttons that know nothing of what plays.
  let due = false;
  new MutationObserver(() => {
    if (due || !song()) return;
    due = true;
    requestAnimationFrame(() => { due = false; show(); });
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["class", "data-play", "aria-label"] });
})();
