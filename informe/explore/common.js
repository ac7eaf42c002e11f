// Shared by the widgets; Python joins this file and theirs into one module.

function make(tag, about = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// Draws a part of the state anew only where it changed, so that focus stays.
function watch(model, drawers) {
  const before = {};
  const update = () => {
    const state = model.get("state");
    for (const [part, draw] of Object.entries(drawers)) {
      const now = JSON.stringify(state[part] ?? null);
      if (before[part] !== now) draw(state[part]);
      before[part] = now;
    }
  };
  model.on("change:state", update);
  update();
  // Tells Python that this front end can run it: the plain version goes away.
  model.send({ alive: true });
  return () => model.off("change:state", update);
}
