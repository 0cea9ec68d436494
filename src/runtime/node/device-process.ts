import { setPriority } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { messageOf } from '../../core/errors.js';
import { LocalDevice, type LocalOptions } from './local-device.js';
import type { Answer, DeviceCall, Question } from './protocol.js';

/** The main module of the training process: answers the calls of a ProcessDevice one after the other. */

const options: LocalOptions = JSON.parse(process.argv[2] ?? '{}');
const device = new LocalDevice(options);

// ctrl-C, the end of the terminal, and often a request to end, reach the whole group of processes; the parent decides when to stop.
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
// Profiles are written when programs are released.
process.on('disconnect', () => device.close().finally(() => process.exit(0)));
try {
  // The program that shows progress and answers to ctrl-C goes first.
  setPriority(5);
} catch {
  // Not allowed here: then all are equal.
}

let last: Promise<void> = Promise.resolve();
process.on('message', (question: Question) => {
  last = last.then(() => answer(question));
});

async function answer({ id, call }: Question): Promise<void> {
  let message: Answer;
  try {
    message = { id, result: await perform(call) };
  } catch (error) {
    message = { id, error: messageOf(error) };
  }
  if (process.connected) process.send?.(message);
}

/** Bytes that replaced tensors may hold before they are freed: collecting takes 10 ms, as much as a step of a head alone. */
const LEFT_OVER = 64 * 2 ** 20;
let heldBefore = 0;

/** Tensors that were replaced are large, and few objects: left alone, the collector of garbage lets those of several steps wait. */
function freeReplaced(): void {
  const held = () => getHeapStatistics().external_memory;
  heldBefore = Math.min(heldBefore, held());
  if (held() - heldBefore < LEFT_OVER) return;
  globalThis.gc?.();
  heldBefore = held();
}

function perform(call: DeviceCall): Promise<unknown> {
  switch (call.method) {
    case 'info':
      return device.info();
    case 'load':
      return device.load(call.model, call.options);
    case 'unload':
      return device.unload(call.program);
    case 'write':
      return device.write(call.tensors);
    case 'read':
      return device.read(call.names);
    case 'run':
      return device.run(call.program, call.request).finally(freeReplaced);
  }
}
