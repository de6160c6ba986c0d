// The frame of every screen once signed in: sections, user menu, connection banner; and what runs behind them all —
// live events, the sound of a new case, the number in the tab's title.
import {
  ActionIcon,
  Avatar,
  Menu,
  Text,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import {
  IconBell,
  IconBellOff,
  IconDeviceMobile,
  IconHeartbeat,
  IconInbox,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconRoute,
  IconSun,
  IconWifiOff,
} from "@tabler/icons-react";
import { useInfiniteQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { signedOut } from "../api/http";
import { conversationsQuery, logout, meQuery } from "../api/queries";
import { playNotice } from "../lib/sound";
import { useStored } from "../lib/stored";
import { useKeys } from "../lib/useKeys";
import { useLiveUpdates } from "../live/useLiveUpdates";
import icon from "./icon.svg";
import styles from "./Shell.module.css";
import { ShortcutHelp } from "./ShortcutHelp";
import { useNotices } from "./useNotices";

export function Shell() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data: me } = useSuspenseQuery(meQuery);
  const [helpOpen, setHelpOpen] = useState(false);
  const [sound, setSound] = useStored("cauce.sound", "on");
  const queued = useInfiniteQuery(conversationsQuery("queued")).data?.pages;
  const waiting = queued?.[0]?.counts.queued ?? 0;

  const mine = useInfiniteQuery(conversationsQuery("mine")).data?.pages;
  const open = useParams({ strict: false }).contact;

  const lost = useLiveUpdates(signedOut);
  useNotices(queued, mine, open, sound === "on");
  useKeys({ "?": () => setHelpOpen(true) });

  return (
    <div className={styles.shell}>
      <a href="#content" className={styles.skip}>
        {t("shell.skip")}
      </a>
      <nav className={styles.nav} aria-label={t("shell.nav")}>
        <img src={icon} alt="" width={32} height={32} className={styles.logo} />
        <Link
          to="/bandeja"
          className={styles.item}
          activeProps={{ "data-active": true }}
          data-testid="nav-inbox"
        >
          <IconInbox size={22} aria-hidden />
          <span>{t("shell.inbox")}</span>
          {waiting > 0 && (
            <span className={styles.count} data-testid="nav-queued">
              <span aria-hidden>{waiting}</span>
              <span className={styles.hidden}>{t("shell.queuedCount", { count: waiting })}</span>
            </span>
          )}
        </Link>
        <Link
          to="/recorridos"
          className={styles.item}
          activeProps={{ "data-active": true }}
          data-testid="nav-flows"
        >
          <IconRoute size={22} aria-hidden />
          <span>{t("shell.flows")}</span>
        </Link>
        {me.phone_url && (
          <Tooltip label={t("shell.phone")} position="right">
            <a
              href={me.phone_url}
              target="_blank"
              rel="noreferrer"
              className={styles.item}
              data-testid="nav-phone"
            >
              <IconDeviceMobile size={22} aria-hidden />
              <span aria-hidden>{t("shell.phoneShort")}</span>
              <span className={styles.hidden}>{t("shell.phone")}</span>
            </a>
          </Tooltip>
        )}
        <div className={styles.space} />
        <UserMenu
          sound={sound === "on"}
          onSound={(on) => {
            setSound(on ? "on" : "off");
            if (on) playNotice();
          }}
          onHelp={() => setHelpOpen(true)}
          onLogout={async () => {
            // A new page forgets everything; without a server the session stays and the page says so.
            await logout(client).catch(() => {});
            location.assign("/entrar");
          }}
        />
      </nav>
      <div className={styles.body}>
        {lost && (
          <div className={styles.banner} role="alert" data-testid="connection-banner">
            <IconWifiOff size={18} aria-hidden />
            {t("shell.lost")}
          </div>
        )}
        <main id="content" className={styles.main} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <ShortcutHelp opened={helpOpen} onClose={() => setHelpOpen(false)} />
    </div>
  );
}

type UserMenuProps = {
  sound: boolean;
  onSound: (on: boolean) => void;
  onHelp: () => void;
  onLogout: () => void;
};

function UserMenu({ sound, onSound, onHelp, onLogout }: UserMenuProps) {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  // Without this option Mantine injects a <style> for a moment.
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const dark = useComputedColorScheme("light") === "dark";
  return (
    <Menu position="right-end" withArrow>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={44} radius="xl" data-testid="user-menu">
          <Avatar name={me.user.name} size={36} color="teal" aria-hidden />
          <span className={styles.hidden}>{t("shell.userMenu", { name: me.user.name })}</span>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={styles.person}>
          <Text fw={600} size="sm">
            {me.user.name}
          </Text>
          <Text size="xs" c="dimmed">
            {me.user.email}
          </Text>
          <Text size="xs" c="dimmed">
            {t(`shell.role.${me.user.role}`)}
            {" · "}
            {me.workspace.name}
          </Text>
        </div>
        <Menu.Divider />
        <Menu.Item
          leftSection={dark ? <IconSun size={16} /> : <IconMoon size={16} />}
          onClick={() => setColorScheme(dark ? "light" : "dark")}
          data-testid="theme-toggle"
        >
          {dark ? t("shell.light") : t("shell.dark")}
        </Menu.Item>
        <Menu.Item
          leftSection={sound ? <IconBellOff size={16} /> : <IconBell size={16} />}
          onClick={() => onSound(!sound)}
          data-testid="sound-toggle"
        >
          {sound ? t("shell.soundOff") : t("shell.soundOn")}
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} />} onClick={onHelp}>
          {t("shell.shortcuts")}
        </Menu.Item>
        {me.user.role === "admin" && (
          <Menu.Item
            component={Link}
            to="/estado"
            leftSection={<IconHeartbeat size={16} />}
            data-testid="menu-health"
          >
            {t("shell.health")}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={onLogout} data-testid="logout">
          {t("shell.logout")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
