// A button that opens a menu. Arrows, Home and End move in it.
import { type KeyboardEvent, type ReactNode, type RefObject, useLayoutEffect, useRef, useState } from "react";
import styles from "./Menu.module.css";
import { place } from "./placing";
import { useModal } from "./use-modal";

type Props = {
  label: string;
  icon: ReactNode;
  className: string | undefined;
  testid: string;
  /** `MenuItem`s, also in groups; choosing one closes the menu. */
  children: ReactNode;
};

export function Menu({ label, icon, className, testid, children }: Props) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        data-testid={testid}
        onClick={() => setOpen(true)}
      >
        {icon}
      </button>
      {open && (
        <Popup button={button} label={label} close={() => setOpen(false)}>
          {children}
        </Popup>
      )}
    </>
  );
}

type PopupProps = {
  button: RefObject<HTMLButtonElement | null>;
  label: string;
  close: () => void;
  children: ReactNode;
};

function Popup({ button, label, close, children }: PopupProps) {
  const modal = useModal(close);
  const [at, setAt] = useState<{ left: number; top: number }>();
  useLayoutEffect(() => {
    const [opener, menu] = [button.current, modal.ref.current];
    if (!opener || !menu) return;
    const phone = opener.closest("section") ?? document.body;
    // Its own size, not the one at which it begins to appear.
    const size = { width: menu.offsetWidth, height: menu.offsetHeight };
    setAt(place(opener.getBoundingClientRect(), size, phone.getBoundingClientRect()));
  }, [button, modal.ref]);
  return (
    <dialog {...modal} className={styles.popup} style={at}>
      <div role="menu" tabIndex={-1} aria-label={label} onClick={close} onKeyDown={move}>
        {children}
      </div>
    </dialog>
  );
}

/** Left and right go through all items; up and down take a group as one line. */
function move(event: KeyboardEvent<HTMLElement>) {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=menuitem]")];
  const column = items.filter((item, index) => index === 0 || !item.parentElement?.matches("[role=group]"));
  const step = (within: HTMLElement[], by: number) => {
    const index = within.findIndex((item) => item.matches(":focus"));
    return within[(Math.max(index, 0) + by + within.length) % within.length];
  };
  const moves: Record<string, () => HTMLElement | undefined> = {
    ArrowRight: () => step(items, 1),
    ArrowLeft: () => step(items, -1),
    ArrowDown: () => step(column, 1),
    ArrowUp: () => step(column, -1),
    Home: () => items[0],
    End: () => items.at(-1),
  };
  const to = moves[event.key]?.();
  if (!to) return;
  event.preventDefault();
  to.focus();
}

type ItemProps = {
  icon?: ReactNode;
  /** What is read aloud, when the children do not say it. */
  label?: string;
  /** Whether it is the one in force now. */
  current?: boolean;
  choose: () => void;
  children: ReactNode;
};

export function MenuItem({ icon, label, current, choose, children }: ItemProps) {
  return (
    <button
      type="button"
      role="menuitem"
      className={styles.item}
      aria-label={label}
      aria-current={current || undefined}
      onClick={choose}
    >
      {icon}
      {children}
    </button>
  );
}
