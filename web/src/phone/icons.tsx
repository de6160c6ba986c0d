// The phone's own drawings, 24 × 24, in the colour of the text around them.
import type { ReactNode } from "react";

function Icon({ children, width = 20 }: { children: ReactNode; width?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={width}
      height={width}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {children}
    </svg>
  );
}

export const BackIcon = () => (
  <Icon>
    <path d="M19 12H5m7-7-7 7 7 7" />
  </Icon>
);
export const PlusIcon = () => (
  <Icon>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);
export const BesideIcon = () => (
  <Icon width={18}>
    <path d="M4 5h7v14H4zM15 5h5v14h-5" />
  </Icon>
);
export const CloseIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
);
export const SendIcon = () => (
  <Icon width={22}>
    <path d="M4 12 3 4l18 8-18 8zm0 0h8" fill="none" />
  </Icon>
);
export const ReplyIcon = () => (
  <Icon width={16}>
    <path d="M10 6 4 12l6 6M4 12h9a7 7 0 0 1 7 7" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon width={16}>
    <path d="m5 13 4 4L19 7" />
  </Icon>
);
export const ListIcon = () => (
  <Icon width={18}>
    <path d="M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01" />
  </Icon>
);
export const BrokenImageIcon = () => (
  <Icon width={32}>
    <path d="M4 5h16v14H4zM4 16l5-5 3 3m3 3 1-1 4 4M15 9h.01M3 3l18 18" />
  </Icon>
);
export const ImageIcon = () => (
  <Icon width={16}>
    <path d="M4 5h16v14H4zM4 16l5-5 7 7M15 10h.01" />
  </Icon>
);
export const QuestionIcon = () => (
  <Icon width={22}>
    <path d="M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.5v.2M12 16.5h.01" />
  </Icon>
);
export const WarningIcon = () => (
  <Icon width={14}>
    <path d="M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18M12 8v5M12 16h.01" />
  </Icon>
);
