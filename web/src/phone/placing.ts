// Where a menu opens.

type Box = { left: number; top: number; right: number; bottom: number };

const GAP = 4;

/**
 * Under its button, or over it where there is no room below; it grows towards the middle of `bounds` and stays
 * inside. Everything in pixels of the window.
 */
export function place(button: Box, menu: { width: number; height: number }, bounds: Box) {
  const clamp = (at: number, low: number, high: number) => Math.max(low, Math.min(at, high));
  const onTheRight = button.left + button.right > bounds.left + bounds.right;
  const below = button.bottom + GAP;
  const fits = below + menu.height <= bounds.bottom - GAP;
  return {
    left: clamp(
      onTheRight ? button.right - menu.width : button.left,
      bounds.left + GAP,
      bounds.right - menu.width - GAP,
    ),
    top: clamp(
      fits ? below : button.top - GAP - menu.height,
      bounds.top + GAP,
      bounds.bottom - menu.height - GAP,
    ),
  };
}
