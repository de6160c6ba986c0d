import { expect, it } from "vitest";
import { sampleMessage, samplePicture } from "../../api/sample";
import { picturesOf } from "./pictures";

it("leafs through the pictures that can be seen, in their order", () => {
  const coming = { ...samplePicture("/1"), state: "coming", url: null } as const;
  const film = { ...samplePicture("/2"), media: "video" } as const;
  const messages = [
    sampleMessage(1, { content: samplePicture("/a") }),
    sampleMessage(2),
    sampleMessage(3, { content: coming }),
    sampleMessage(4, { content: film }),
    sampleMessage(5, { content: samplePicture("/b"), author: { kind: "phone" } }),
  ];
  const pictures = picturesOf(messages, (author) => author.kind);
  expect(pictures.map(({ message, url, who }) => [message, url, who])).toEqual([
    ["c1.1", "/a", "contact"],
    ["c1.5", "/b", "phone"],
  ]);
});
