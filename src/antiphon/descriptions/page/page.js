// A file of its own, so that the page's Content-Security-Policy can refuse inline scripts.
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  filter: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null, // the default sends the description to a service elsewhere
  onComplete() {
    document.title = document.querySelector(".info .title")?.firstChild?.textContent ?? document.title;
  },
});
