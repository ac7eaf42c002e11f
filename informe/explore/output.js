// Ends the script of a notebook's output: `about` says what it holds.

for (const host of document.querySelectorAll(`[data-informe="${about.id}"]`)) {
  if (host.shadowRoot) continue; // another view of the same output
  const style = document.createElement("style");
  style.textContent = about.style;
  const part = document.createElement("div");
  part.className = "vivo";
  part.dataset.part = about.id;
  part.dataset.spec = about.spec;
  part.append(...host.childNodes);
  host.attachShadow({ mode: "open" }).append(style, part);
  wake(host.shadowRoot, openStore((name) => about.documents[name] ?? null));
}
