import { Avatar } from "@mantine/core";
import { IconUser } from "@tabler/icons-react";

/** Those whose letters can be read on their ground, light and dark. */
const COLORS = ["teal", "blue", "grape", "red", "cyan", "indigo", "pink", "violet"];

/** Initials on a colour that stays the same for the same phone. */
export function ContactAvatar({
  name,
  address,
  size = 40,
}: {
  name: string | null;
  address: string;
  size?: number;
}) {
  const sum = [...address].reduce((total, char) => total + char.charCodeAt(0), 0);
  const color = COLORS[sum % COLORS.length] ?? "teal";
  return (
    <Avatar size={size} color={color} aria-hidden {...(name ? { name } : {})}>
      {name ? undefined : <IconUser size={size / 2} />}
    </Avatar>
  );
}
