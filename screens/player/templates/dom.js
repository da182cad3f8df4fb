// Elements from data: text only ever becomes text nodes, so no signed or unsigned string is parsed as markup.

/** An element with a class and children (elements, strings; null and false are left out). */
export function el(tag, className = "", ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== false && child !== undefined && child !== ""));
  return made;
}

/** Custom properties and styles through the object model, which a strict content policy allows. */
export function styled(element, properties) {
  for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, value);
  return element;
}
