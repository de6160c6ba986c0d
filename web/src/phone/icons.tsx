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

type Sized = { width?: number };

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
export const CheckIcon = ({ width = 16 }: Sized) => (
  <Icon width={width}>
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
export const ImageIcon = ({ width = 16 }: Sized) => (
  <Icon width={width}>
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
export const VideoIcon = ({ width = 16 }: Sized) => (
  <Icon width={width}>
    <path d="M3 6h12v12H3zM15 10l6-3v10l-6-3" />
  </Icon>
);
export const MicIcon = ({ width = 16 }: Sized) => (
  <Icon width={width}>
    <path d="M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3M5 11a7 7 0 0 0 14 0M12 18v3" />
  </Icon>
);
export const HeadphonesIcon = ({ width = 22 }: Sized) => (
  <Icon width={width}>
    <path d="M4 17v-4a8 8 0 0 1 16 0v4M4 15h3v5H4zM17 15h3v5h-3z" />
  </Icon>
);
export const FileIcon = ({ width = 16 }: Sized) => (
  <Icon width={width}>
    <path d="M6 3h8l5 5v13H6zM14 3v5h5M9 13h6M9 17h6" />
  </Icon>
);
export const StickerIcon = ({ width = 16 }: Sized) => (
  <Icon width={width}>
    <path d="M20 13V7a3 3 0 0 0-3-3H7a3 3 0 0 0-3 3v10a3 3 0 0 0 3 3h6zl-7 7v-4a3 3 0 0 1 3-3zM9 9h.01M15 9h.01M9 13c.8.8 1.8 1 2.5 1" />
  </Icon>
);
export const PinIcon = ({ width = 16 }: Sized) => (
  <Icon width={width}>
    <path d="M12 21c-5-6-7-8.5-7-12a7 7 0 0 1 14 0c0 3.5-2 6-7 12M12 11.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5" />
  </Icon>
);
export const PersonIcon = ({ width = 16 }: Sized) => (
  <Icon width={width}>
    <path d="M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4 21c0-4 3.5-6 8-6s8 2 8 6" />
  </Icon>
);
export const CartIcon = ({ width = 24 }: Sized) => (
  <Icon width={width}>
    <path d="M3 4h2l2.5 11h10L20 7H6M9 20h.01M17 20h.01" />
  </Icon>
);
export const BanIcon = () => (
  <Icon width={16}>
    <path d="M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18M6 6l12 12" />
  </Icon>
);
export const PlayIcon = () => (
  <Icon width={26}>
    <path
      d="M7 4.5v15a1 1 0 0 0 1.5.9l12-7.5a1 1 0 0 0 0-1.7l-12-7.5A1 1 0 0 0 7 4.5"
      fill="currentColor"
      stroke="none"
    />
  </Icon>
);
export const PauseIcon = () => (
  <Icon width={26}>
    <path d="M6 4h4v16H6zM14 4h4v16h-4z" fill="currentColor" stroke="none" />
  </Icon>
);
export const DownloadIcon = () => (
  <Icon width={16}>
    <path d="M12 5v11m-5-5 5 5 5-5M6 20h12" />
  </Icon>
);
export const ChevronIcon = () => (
  <Icon width={18}>
    <path d="m6 9 6 6 6-6" />
  </Icon>
);
export const ForwardIcon = () => (
  <Icon width={16}>
    <path d="m14 6 6 6-6 6M20 12h-9a7 7 0 0 0-7 7" />
  </Icon>
);
export const ForwardManyIcon = () => (
  <Icon width={16}>
    <path d="m9 6 6 6-6 6M15 12h-5a7 7 0 0 0-7 7M15 6l6 6-6 6" />
  </Icon>
);
export const PencilIcon = () => (
  <Icon width={16}>
    <path d="m4 20 1-4L16 5l3 3L8 19zM14 7l3 3" />
  </Icon>
);
export const TrashIcon = () => (
  <Icon width={16}>
    <path d="M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5" />
  </Icon>
);
export const OutsideIcon = () => (
  <Icon width={16}>
    <path d="M14 4h6v6M20 4l-9 9M18 14v6H4V6h6" />
  </Icon>
);
export const AttachIcon = () => (
  <Icon width={22}>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);
