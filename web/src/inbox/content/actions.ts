// What a message can ask of the conversation it stands in.
import { createContext, useContext } from "react";
import type { Message } from "../../api/types";

export type TranscriptActions = {
  /** What the person is called. */
  contactName: string;
  /** Shows the picture of this message large. */
  openPicture: (message: string) => void;
  /** Brings this message into sight. */
  jumpTo: (message: string) => void;
  /** Sends what this message says once more; null when the person may not write now. */
  repeat: ((message: Message) => void) | null;
};

export const TranscriptContext = createContext<TranscriptActions>({
  contactName: "",
  openPicture: () => {},
  jumpTo: () => {},
  repeat: null,
});

export const useTranscript = () => useContext(TranscriptContext);
