/**
 * Enables or disables a button whose focus has to stay where it is: one that is `disabled` loses it, and with it a user of
 * the keyboard their place, each time that the page is busy for a moment.
 */
export function enable(button: HTMLButtonElement, isEnabled: boolean): void {
  if (isEnabled) button.removeAttribute('aria-disabled');
  else button.setAttribute('aria-disabled', 'true');
}

export const isEnabled = (button: HTMLButtonElement): boolean => !button.hasAttribute('aria-disabled');

/** Calls a function when a button is pressed that is enabled. */
export function whenPressed(button: HTMLButtonElement, press: () => void): void {
  button.addEventListener('click', () => {
    if (isEnabled(button)) press();
  });
}

/** Hides or shows a button. Its focus goes to another one that is shown. */
export function hide(button: HTMLButtonElement, isHidden: boolean, ...others: HTMLButtonElement[]): void {
  const hadFocus = button.ownerDocument.activeElement === button;
  button.hidden = isHidden;
  if (hadFocus && isHidden) others.find(({ hidden }) => !hidden)?.focus();
}
