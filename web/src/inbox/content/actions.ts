// What a message can ask of the conversation it stands in.
import { createContext, useContext } from "react";

export type TranscriptActions = {
  /** What the person is called. */
  contactName: string;
  /** Shows the picture of this message large. */
  openPicture: (message: string) => void;
  /** Brings this message into sight. */
  jumpTo: (message: string) => void;
};

export const TranscriptContext = createContext<TranscriptActions>({
  contactName: "",
  openPicture: () => {},
  jumpTo: () => {},
});

export const useTranscript = () => useContext(TranscriptContext);
