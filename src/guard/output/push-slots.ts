import type { GuardedChannel } from './channels.js';
import type { TextSlot } from './text-slots.js';

/**
 * Shows the texts of `slots` to their guards, those of one channel in one piece, and writes what was released into the
 * last slot of each channel. Calls `then` when all is written.
 * @returns what `then` returns, at once where all guards are synchronous
 * @throws BlockedByGuard
 */
export function pushSlots<T>(slots: readonly TextSlot[], then: () => T): T | Promise<T> {
  const lastOf = new Map<GuardedChannel, TextSlot>();
  const texts = new Map<GuardedChannel, string>();
  for (const slot of slots) {
    lastOf.get(slot.channel)?.write('');
    lastOf.set(slot.channel, slot);
    texts.set(slot.channel, (texts.get(slot.channel) ?? '') + slot.text);
  }
  const waiting: Promise<void>[] = [];
  try {
    for (const [channel, slot] of lastOf) {
      const released = channel.push(texts.get(channel)!, slot.isWhole);
      if (released instanceof Promise) waiting.push(released.then((text) => slot.write(text)));
      else slot.write(released);
    }
  } catch (error) {
    // The response is blocked: the other verdicts are not needed.
    for (const one of waiting) one.catch(() => undefined);
    throw error;
  }
  return waiting.length === 0 ? then() : Promise.all(waiting).then(then);
}
