// Buttons that only a script can answer are drawn disabled, and enabled once somebody listens: pressed before that
// they would do nothing, and without scripts they never could.
export const ready = (...buttons) => {
  for (const button of buttons) if (button) button.disabled = false;
};
