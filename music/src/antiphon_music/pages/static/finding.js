// Searching as one types is one step back, however many letters it took.
addEventListener("input", (event) => {
  const field = event.target;
  if (field.id !== "find") return;
  const there = location.pathname === "/search";
  field.removeAttribute(there ? "hx-push-url" : "hx-replace-url");
  field.setAttribute(there ? "hx-replace-url" : "hx-push-url", "true");
}, true);
