// The page: the list of customers and the phones of those that were chosen.
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import styles from "./App.module.css";
import { Chat } from "./Chat";
import { Chooser } from "./Chooser";
import { useEmulatorState, useLive } from "./use-emulator";
import { useView, useWide } from "./view";

export function App() {
  const { t } = useTranslation();
  const live = useLive();
  const state = useEmulatorState().data;
  const [view, show] = useView();
  const wide = useWide();

  const business = state?.business.name;
  useEffect(() => {
    document.title = business ? t("phone.page", { business }) : t("phone.title");
  }, [business, t]);

  if (!state) {
    return (
      <p className={styles.loading} role="status">
        {live ? t("phone.loading") : t("phone.offline")}
      </p>
    );
  }

  // A wide page always has a phone to write on; a narrow one starts with the list.
  const first = state.customers[0];
  const shown = view.customers.length || !first || !(wide || !view.frame) ? view.customers : [first.wa_id];
  return (
    <div className={styles.page} data-frame={view.frame} data-chatting={shown.length > 0}>
      {view.frame && (
        <Chooser
          state={state}
          shown={shown}
          choose={(customer) => show([customer])}
          {...(wide && shown.length > 0 ? { beside: (customer: string) => show([...shown, customer]) } : {})}
        />
      )}
      <main className={styles.phones}>
        {shown.length === 0 && (
          <p className={styles.nobody}>{t("phone.nobodyYet", { business: state.business.name })}</p>
        )}
        {shown.map((wa_id) => (
          <Chat
            key={wa_id}
            wa_id={wa_id}
            customer={state.customers.find((customer) => customer.wa_id === wa_id)}
            business={state.business}
            live={live}
            focus={view.frame && wide}
            {...(view.frame && !wide ? { back: () => show([]) } : {})}
            {...(view.frame && shown.length > 1
              ? { close: () => show(shown.filter((other) => other !== wa_id)) }
              : {})}
          />
        ))}
      </main>
    </div>
  );
}
