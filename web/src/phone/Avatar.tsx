// A round picture of a name.
import styles from "./Avatar.module.css";
import { hue, initials } from "./format";

export function Avatar({ name, of }: { name: string; of: string }) {
  return (
    <span className={styles.avatar} aria-hidden="true" style={{ "--hue": hue(of) }}>
      {initials(name)}
    </span>
  );
}
