/** A colour of the present scheme, resolved: a canvas does not know CSS variables. */
export function colourOf(element: Element, name: string): string {
  const probe = document.createElement('span');
  probe.className = `tw-colour-${name}`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
