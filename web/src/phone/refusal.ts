// Why something did not leave the phone, for the person who holds it.
import { useTranslation } from "react-i18next";
import { Refused } from "./emulator";

const KNOWN = [
  "too_late",
  "wrong_media",
  "too_large",
  "empty_file",
  "invalid_contacts",
  "invalid_location",
] as const;

/** Says it in a sentence; in general words for what nobody could have known. */
export function useRefusal(): (error: Error) => string {
  const { t } = useTranslation();
  return (error) => {
    const known = error instanceof Refused ? KNOWN.find((code) => code === error.code) : undefined;
    return known ? t(`phone.refused.${known}`) : t("phone.notDone");
  };
}
