// Elements, and the small form controls that the components share.

const SVG = "http://www.w3.org/2000/svg";

// `about` holds attributes; a `style` is an object, `onevent` a function. Children that
// are null are left out. Text is never read as markup.
export function make(tag, about = {}, ...children) {
  const [name, svg] = tag.split(":").reverse();
  const element = svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(about)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "style") dress(element, value);
    else if (value !== null && value !== false)
      element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function dress(element, style) {
  for (const [key, value] of Object.entries(style)) element.style.setProperty(key, value);
}

// A list to choose from. `offer` renews its options, pairs of value and text, without
// losing the focus; a list of one is hidden.
export function choice(name, label, pick) {
  const list = make("select", { name, onchange: () => pick(list.value) });
  const element = make("label", { class: "campo" }, make("span", {}, label), list);
  const offer = (options, value) => {
    list.replaceChildren(...options.map(([v, text]) => make("option", { value: v }, text)));
    list.value = value;
    element.hidden = options.length < 2;
  };
  return { element, offer };
}

export function check(name, label, pick) {
  const box = make("input", { type: "checkbox", name, onchange: () => pick(box.checked) });
  return make("label", { class: "casilla" }, box, make("span", {}, label));
}

export function button(content, press, about = {}) {
  return make("button", { type: "button", onclick: press, ...about }, content);
}
