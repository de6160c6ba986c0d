import { Kbd, Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import styles from "./ShortcutHelp.module.css";

export function ShortcutHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const enter = t("shortcuts.key.enter");
  const rows: [string[], string][] = [
    [["J"], t("shortcuts.down")],
    [["K"], t("shortcuts.up")],
    [[enter], t("shortcuts.open")],
    [[t("shortcuts.key.next")], t("shortcuts.next")],
    [["T"], t("shortcuts.take")],
    [["R"], t("shortcuts.reply")],
    [["A"], t("shortcuts.attach")],
    [["E"], t("shortcuts.end")],
    [[enter], t("shortcuts.send")],
    [[t("shortcuts.key.shift"), enter], t("shortcuts.newline")],
    [[t("shortcuts.key.esc")], t("shortcuts.leave")],
    [["?"], t("shortcuts.help")],
  ];
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("shortcuts.title")}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <dl className={styles.list}>
        {rows.map(([keys, text]) => (
          <div key={text} className={styles.row}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key} mr={4}>
                  {key}
                </Kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
