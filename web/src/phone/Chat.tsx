// One customer's phone with the chat with the business on it.
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Avatar } from "./Avatar";
import styles from "./Chat.module.css";
import { Composer } from "./Composer";
import { readMessage } from "./content";
import { type Business, type Customer, emulator, type Outgoing, type PhoneMessage } from "./emulator";
import { phoneNumber } from "./format";
import { BackIcon, CloseIcon } from "./icons";
import { ListSheet } from "./ListSheet";
import { Messages } from "./Messages";
import { useMessages } from "./use-emulator";
import { useVisible } from "./view";

type Props = {
  wa_id: string;
  /** Absent when the emulator knows nobody of this number. */
  customer: Customer | undefined;
  business: Business;
  /** Whether the emulator can be heard. */
  live: boolean;
  /** Whether the keyboard goes to the composer as soon as the chat opens. */
  focus: boolean;
  back?: () => void;
  close?: () => void;
};

export function Chat({ wa_id, customer, business, live, focus, back, close }: Props) {
  const { t } = useTranslation();
  return (
    <section className={styles.phone} aria-label={t("phone.of", { name: customer?.name ?? wa_id })}>
      <header className={styles.owner}>
        <span>{customer ? t("phone.of", { name: customer.name }) : phoneNumber(wa_id)}</span>
        {customer && <span className={styles.number}>{phoneNumber(wa_id)}</span>}
        {close && (
          <button type="button" aria-label={t("phone.close")} title={t("phone.close")} onClick={close}>
            <CloseIcon />
          </button>
        )}
      </header>
      <div className={styles.business}>
        {back && (
          <button type="button" aria-label={t("phone.back")} onClick={back} data-testid="phone-back">
            <BackIcon />
          </button>
        )}
        <Avatar name={business.name} of={business.phone_number_id} />
        <div>
          <h2>{business.name}</h2>
          <p role="status">
            {customer?.typing ? (
              <span data-testid="typing">{t("phone.typing")}</span>
            ) : (
              phoneNumber(business.display_phone_number)
            )}
          </p>
        </div>
      </div>
      {!live && (
        <p className={styles.offline} role="alert">
          {t("phone.offline")}
        </p>
      )}
      {customer ? (
        <Conversation customer={customer} business={business.name} focus={focus} />
      ) : (
        <p className={styles.nobody}>{t("phone.nobody", { number: phoneNumber(wa_id) })}</p>
      )}
    </section>
  );
}

type ConversationProps = { customer: Customer; business: string; focus: boolean };

function Conversation({ customer, business, focus }: ConversationProps) {
  const { wa_id } = customer;
  const { data: messages } = useMessages(wa_id);
  const scroller = useRef<HTMLDivElement>(null);
  const [sheetOf, setSheetOf] = useState<PhoneMessage>();
  const send = useMutation({ mutationFn: (message: Outgoing) => emulator.send(wa_id, message) });
  useReading(customer, messages);

  const say = async (message: Outgoing) => {
    // The list grows from its foot, so its foot is at 0.
    scroller.current?.scrollTo({ top: 0 });
    await send.mutateAsync(message);
  };
  const sheet = sheetOf && readMessage(sheetOf.message);

  return (
    <>
      <div className={styles.chat} inert={sheet !== undefined}>
        <div className={styles.scroller} ref={scroller}>
          <Messages
            messages={messages}
            business={business}
            tap={(message, id) => say({ type: "button_reply", message_id: message.id, id }).catch(() => {})}
            openList={setSheetOf}
          />
        </div>
        <Composer
          focus={focus}
          failed={send.isError}
          send={(body) => say({ type: "text", text: { body } })}
        />
      </div>
      {sheetOf && sheet?.kind === "list" && (
        <ListSheet
          list={sheet}
          replied={sheetOf.replied}
          close={() => setSheetOf(undefined)}
          send={(id) => {
            setSheetOf(undefined);
            say({ type: "list_reply", message_id: sheetOf.id, id }).catch(() => {});
          }}
        />
      )}
    </>
  );
}

/** Tells the emulator that the chat is on the screen: at first, and whenever there is something new on it. */
function useReading(customer: Customer, messages: PhoneMessage[] | undefined) {
  const visible = useVisible();
  const unread = messages?.findLast(({ from, status }) => from === "business" && status !== "read");
  const newest = `${unread?.id} ${unread?.status} ${customer.unread}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `newest` is the reason to tell it again.
  useEffect(() => {
    // When it does not get through, the refetch after reconnecting brings it here again.
    if (visible) emulator.open(customer.wa_id).catch(() => {});
  }, [visible, customer.wa_id, newest]);
}
