// The page's own frame: its theme, the part of the contents that is being read.

function chooseTheme() {
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ?? (matchMedia(
    "(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tema";
  const tell = () => (button.textContent = dark() ? "Tema claro" : "Tema oscuro");
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    tell();
  });
  tell();
  document.querySelector("header").prepend(button);
}

function followReading() {
  const links = new Map([...document.querySelectorAll("nav a")]
    .map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const heads = [...document.querySelectorAll("main :is(h2, h3)")]
    .filter((head) => links.has(head.id));
  let current = null;
  const mark = () => {
    const above = heads.filter((head) => head.getBoundingClientRect().top < 120);
    const link = links.get((above.at(-1) ?? heads[0])?.id);
    if (link === current) return;
    current?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
    current = link;
  };
  addEventListener("scroll", () => requestAnimationFrame(mark), { passive: true });
  mark();
}

chooseTheme();
followReading();
