// The chat itself: its messages, where the customer writes, and the sheets that rise over both.
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Attachable } from "./AttachMenu";
import type { Taps } from "./Bubble";
import type { Acts } from "./BubbleMenu";
import { Composer, type Task } from "./Composer";
import { ContactSheet } from "./ContactSheet";
import styles from "./Conversation.module.css";
import { readMessage } from "./content";
import { type Customer, emulator, type Outgoing, type PhoneMessage } from "./emulator";
import { FileSheet } from "./FileSheet";
import { ListSheet } from "./ListSheet";
import { Messages } from "./Messages";
import { copyOf, fileMessage, placeMessage, TYPE_OF } from "./outgoing";
import { PlaceSheet } from "./PlaceSheet";
import { useRefusal } from "./refusal";
import { useMessages } from "./use-emulator";
import { useVisible } from "./view";

type Props = { customer: Customer; business: string; focus: boolean };

/** What lies over the chat. */
type Open =
  | { what: Attachable }
  | { what: "list"; of: PhoneMessage }
  /** A place that the business asked for. */
  | { what: "place"; asked: PhoneMessage };

export function Conversation({ customer, business, focus }: Props) {
  const { t } = useTranslation();
  const { wa_id } = customer;
  const { data: messages } = useMessages(wa_id);
  const scroller = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<Open>();
  const [task, setTask] = useState<Task>();
  const refusal = useRefusal();
  const send = useMutation({ mutationFn: (message: Outgoing) => emulator.send(wa_id, message) });
  useReading(customer, messages);

  const act = async (message: Outgoing) => {
    await send.mutateAsync(message);
  };
  /** Adds a bubble, which answers the message of the task if there is one. */
  const say = async (message: Outgoing) => {
    // The list grows from its foot, so its foot is at 0.
    scroller.current?.scrollTo({ top: 0 });
    await act(task?.what === "reply" ? { reply_to: task.message.id, ...message } : message);
    setTask((now) => (now === task ? undefined : now));
  };
  // The composer says why something did not get through.
  const quietly = (doing: Promise<void>) => void doing.catch(() => {});
  const close = () => setOpen(undefined);

  const acts: Acts & Taps = {
    reply: (message) => setTask({ what: "reply", message }),
    edit: (message) => setTask({ what: "edit", message }),
    react: (message, emoji) => quietly(act({ type: "reaction", message_id: message.id, emoji })),
    revoke: (message) => {
      if (task?.message.id === message.id) setTask(undefined);
      quietly(act({ type: "revoke", message_id: message.id }));
    },
    forward: (message) =>
      quietly(
        copyOf(wa_id, message).then(async (copy) => {
          if (copy) await say({ ...copy, forwarded: "yes" });
        }),
      ),
    tap: (message, id) => quietly(say({ type: "button_reply", message_id: message.id, id })),
    openList: (of) => setOpen({ what: "list", of }),
    sendPlace: (asked) => setOpen({ what: "place", asked }),
  };
  const write = async (body: string) => {
    if (task?.what !== "edit") return say({ type: "text", text: { body } });
    await act({ type: "edit", message_id: task.message.id, text: { body } });
    setTask((now) => (now === task ? undefined : now));
  };
  const failure = () => {
    if (!send.error) return undefined;
    return send.variables?.type === "text" ? t("phone.notSent") : refusal(send.error);
  };

  return (
    <>
      <div className={styles.chat} inert={open !== undefined}>
        <div className={styles.scroller} ref={scroller}>
          <Messages messages={messages} business={business} acts={acts} />
        </div>
        <Composer
          business={business}
          task={task}
          leave={() => setTask(undefined)}
          focus={focus}
          failure={failure()}
          send={write}
          attach={(what) => setOpen({ what })}
        />
      </div>
      {open && <OverChat open={open} close={close} customer={wa_id} say={say} />}
    </>
  );
}

type OverChatProps = {
  open: Open;
  close: () => void;
  customer: string;
  say: (message: Outgoing) => Promise<void>;
};

function OverChat({ open, close, customer, say }: OverChatProps) {
  switch (open.what) {
    case "list": {
      const list = readMessage(open.of.message);
      if (list.kind !== "list") return null;
      return (
        <ListSheet
          list={list}
          replied={open.of.replied}
          close={close}
          send={(id) => {
            close();
            say({ type: "list_reply", message_id: open.of.id, id }).catch(() => {});
          }}
        />
      );
    }
    case "location":
      return <PlaceSheet close={close} send={(place) => say(placeMessage(place))} />;
    case "place":
      return (
        <PlaceSheet
          close={close}
          send={(place) => say({ ...placeMessage(place), reply_to: open.asked.id })}
        />
      );
    case "contact":
      return <ContactSheet close={close} send={(contacts) => say({ type: "contacts", contacts })} />;
    default: {
      const type = TYPE_OF[open.what];
      return (
        <FileSheet
          what={open.what}
          close={close}
          send={async (file, caption) => {
            const id = await emulator.upload(customer, file);
            await say(await fileMessage(type, id, file, caption));
          }}
        />
      );
    }
  }
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
