// What a sheet knows about what it sends: it stays until that is through, and says when it is not.
import { useMutation } from "@tanstack/react-query";
import { useRefusal } from "./refusal";

/** `done` comes after each thing that got through. */
export function useSending(done: () => void) {
  const sentence = useRefusal();
  const sending = useMutation({ mutationFn: (send: () => Promise<void>) => send(), onSuccess: done });
  return {
    failure: sending.error ? sentence(sending.error) : undefined,
    // The button stays enabled meanwhile: a disabled one would drop the keyboard.
    go: (send: () => Promise<void>) => {
      if (!sending.isPending) sending.mutate(send);
    },
  };
}
