import { expect, it } from 'vitest';
import { createStopRequest, SAME_REQUEST_MS } from './stop-request.ts';

function setUp() {
  const happened: string[] = [];
  let now = 1_000;
  const source = createStopRequest({ now: () => now, exit: (code) => happened.push(`exit ${code}`) });
  source.request.signal.addEventListener('abort', () => happened.push('stop'));
  source.request.onKill(() => happened.push('kill'));
  const receiveAfter = (ms: number) => {
    now += ms;
    source.receive();
  };
  return { happened, receiveAfter };
}

it('takes one Ctrl-C that arrives three times for one', () => {
  const { happened, receiveAfter } = setUp();
  for (const ms of [0, 5, 100]) receiveAfter(ms);
  expect(happened).toEqual(['stop']);
});

it('kills and exits at the second request', () => {
  const { happened, receiveAfter } = setUp();
  receiveAfter(0);
  receiveAfter(SAME_REQUEST_MS + 1);
  expect(happened).toEqual(['stop', 'kill', 'exit 1']);
});
