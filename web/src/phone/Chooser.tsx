// Who writes: the customers, as a phone lists its chats.
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Avatar } from "./Avatar";
import styles from "./Chooser.module.css";
import { type Customer, emulator, type State } from "./emulator";
import { moment, phoneNumber } from "./format";
import { BesideIcon, PlusIcon } from "./icons";
import { plainText } from "./rich-text";

type Props = {
  state: State;
  shown: string[];
  choose: (customer: string) => void;
  /** Shows this one too; without it there is no room. */
  beside?: (customer: string) => void;
};

export function Chooser({ state, shown, choose, beside }: Props) {
  const { t } = useTranslation();
  return (
    <nav className={styles.chooser} aria-label={t("phone.customers")}>
      <header className={styles.header}>
        <h1>{t("phone.title")}</h1>
        <p>{t("phone.intro", { business: state.business.name })}</p>
      </header>
      <ul className={styles.list}>
        {state.customers.map((customer) => (
          <li key={customer.wa_id}>
            <Row
              customer={customer}
              chosen={shown.includes(customer.wa_id)}
              choose={() => choose(customer.wa_id)}
            />
            {beside && !shown.includes(customer.wa_id) && (
              <button
                type="button"
                className={styles.beside}
                aria-label={t("phone.beside", { name: customer.name })}
                title={t("phone.beside", { name: customer.name })}
                onClick={() => beside(customer.wa_id)}
              >
                <BesideIcon />
              </button>
            )}
          </li>
        ))}
      </ul>
      <NewCustomer created={choose} />
    </nav>
  );
}

type RowProps = { customer: Customer; chosen: boolean; choose: () => void };

function Row({ customer, chosen, choose }: RowProps) {
  const { t } = useTranslation();
  const { name, wa_id, unread, typing, last } = customer;
  const row = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // Who was just made stands at the end of the list.
    if (chosen) row.current?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <button
      ref={row}
      type="button"
      className={styles.row}
      aria-current={chosen || undefined}
      data-testid={`customer-${wa_id}`}
      onClick={choose}
    >
      <Avatar name={name} of={wa_id} />
      <span className={styles.name}>{name}</span>
      <span className={styles.when}>{last && moment(last.at, Date.now())}</span>
      <span className={styles.last} data-typing={typing}>
        {typing ? t("phone.typing") : last ? plainText(last.text) : phoneNumber(wa_id)}
      </span>
      {unread > 0 && (
        <span className={styles.unread} role="img" aria-label={t("phone.unread", { count: unread })}>
          {unread}
        </span>
      )}
    </button>
  );
}

function NewCustomer({ created }: { created: (customer: string) => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState<string>();
  const add = useMutation({
    mutationFn: emulator.addCustomer,
    onSuccess({ wa_id }) {
      setName(undefined);
      created(wa_id);
    },
  });

  if (name === undefined) {
    return (
      <button type="button" className={styles.new} data-testid="new-customer" onClick={() => setName("")}>
        <PlusIcon />
        {t("phone.new.open")}
      </button>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!add.isPending) add.mutate(name.trim());
  };
  return (
    <form
      className={styles.form}
      onSubmit={submit}
      onKeyDown={(e) => e.key === "Escape" && setName(undefined)}
    >
      <input
        // biome-ignore lint/a11y/noAutofocus: the field appears because the person asked for it.
        autoFocus
        maxLength={60}
        value={name}
        onChange={(event) => setName(event.target.value)}
        aria-label={t("phone.new.name")}
        placeholder={t("phone.new.name")}
        data-testid="new-customer-name"
      />
      <button type="submit" data-testid="new-customer-create">
        {t("phone.new.create")}
      </button>
      {add.isError && <p role="alert">{t("phone.new.failed")}</p>}
    </form>
  );
}
