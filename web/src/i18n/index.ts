// Every word a person sees, in one catalogue. Components take `t` from `useTranslation()` (react-i18next).
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import es from "./es.json";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof es };
  }
}

/** Language of screens, dates and numbers: neutral Latin American Spanish. */
export const LOCALE = "es-419";

void i18next.use(initReactI18next).init({
  lng: "es",
  resources: { es: { translation: es } },
  interpolation: { escapeValue: false },
  initAsync: false,
});

export const t = i18next.t;
export default i18next;
