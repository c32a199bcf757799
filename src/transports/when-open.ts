import type net from 'node:net';
import tls from 'node:tls';

/** Callback of `openConnection`. Exactly one of the two arguments is not null. */
export type Opened = (error: Error | null, socket: net.Socket | null) => void;

/** Calls `done` once: when `socket` is open, its TLS handshake included, or with the error that prevented it. */
export function whenOpen(socket: net.Socket, done: (error?: Error) => void): void {
  const event = socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect';
  const settle = (error?: Error): void => {
    socket.off(event, onOpen).off('error', settle).off('close', onClose);
    done(error);
  };
  const onOpen = (): void => {
    socket.setNoDelay(true).setKeepAlive(true, 60_000);
    settle();
  };
  const onClose = (): void => settle(new Error('The connection closed before it was open.'));
  socket.once(event, onOpen).once('error', settle).once('close', onClose);
  // The next owner adds its listeners a moment later; an error in between must not be uncaught.
  socket.on('error', nothing);
}

function nothing(): void {}
