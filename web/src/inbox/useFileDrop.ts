// Files that are dragged over a part of the page and let go there.
import { type DragEvent, useRef, useState } from "react";

const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");

/** Folders are left out: a browser hands them over like files that cannot be read. */
const filesOf = ({ items, files }: DataTransfer): File[] =>
  [...files].filter((_, index) => !items[index]?.webkitGetAsEntry?.()?.isDirectory);

/** Without `onFiles` files are not taken, and the browser does not open them instead of the page. */
export function useFileDrop(onFiles: ((files: File[]) => void) | undefined) {
  // Every child that the pointer crosses tells of entering and leaving.
  const depth = useRef(0);
  const [over, setOver] = useState(false);
  const move = (step: number) => {
    depth.current = Math.max(0, depth.current + step);
    setOver(depth.current > 0);
  };
  return {
    over,
    handlers: {
      onDragEnter: (event: DragEvent) => {
        if (carriesFiles(event)) move(1);
      },
      onDragLeave: (event: DragEvent) => {
        if (carriesFiles(event)) move(-1);
      },
      onDragOver: (event: DragEvent) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = onFiles ? "copy" : "none";
      },
      onDrop: (event: DragEvent) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        onFiles?.(filesOf(event.dataTransfer));
      },
    },
  };
}
