// What a customer can do with a message: answer it, react, pass it on, change it, take it back.
import { useTranslation } from "react-i18next";
import styles from "./BubbleMenu.module.css";
import { type Content, editable } from "./content";
import type { PhoneMessage } from "./emulator";
import { ChevronIcon, ForwardIcon, PencilIcon, ReplyIcon, TrashIcon } from "./icons";
import { Menu, MenuItem } from "./Menu";
import { canForward } from "./outgoing";

/** What WhatsApp offers first. */
const EMOJIS = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/** What can be done with one message. */
export type Acts = {
  reply: (message: PhoneMessage) => void;
  /** An empty emoji takes the reaction back. */
  react: (message: PhoneMessage, emoji: string) => void;
  forward: (message: PhoneMessage) => void;
  edit: (message: PhoneMessage) => void;
  revoke: (message: PhoneMessage) => void;
};

type Props = { message: PhoneMessage; content: Content; acts: Acts };

export function BubbleMenu({ message, content, acts }: Props) {
  const { t } = useTranslation();
  const own = message.from === "customer";
  const mine = message.reactions.find(({ from }) => from === "customer")?.emoji;
  return (
    <Menu label={t("phone.menu.open")} icon={<ChevronIcon />} className={styles.open} testid="bubble-menu">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms. */}
      <div role="group" aria-label={t("phone.menu.react")}>
        {EMOJIS.map((emoji) => (
          <MenuItem
            key={emoji}
            label={t(mine === emoji ? "phone.menu.unreactWith" : "phone.menu.reactWith", { emoji })}
            current={mine === emoji}
            choose={() => acts.react(message, mine === emoji ? "" : emoji)}
          >
            {emoji}
          </MenuItem>
        ))}
      </div>
      <MenuItem icon={<ReplyIcon />} choose={() => acts.reply(message)}>
        {t("phone.menu.reply")}
      </MenuItem>
      {canForward(content, message.media) && (
        <MenuItem icon={<ForwardIcon />} choose={() => acts.forward(message)}>
          {t("phone.menu.forward")}
        </MenuItem>
      )}
      {own && editable(content) !== null && (
        <MenuItem icon={<PencilIcon />} choose={() => acts.edit(message)}>
          {t("phone.menu.edit")}
        </MenuItem>
      )}
      {own && (
        <MenuItem icon={<TrashIcon />} choose={() => acts.revoke(message)}>
          {t("phone.menu.revoke")}
        </MenuItem>
      )}
    </Menu>
  );
}
