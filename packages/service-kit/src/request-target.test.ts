import { expect, it } from 'vitest';
import { originForm } from './request-target.ts';

it.each([
  ['/events?limit=1', '/events?limit=1'],
  ['//events', '//events'],
  ['http://gateway:8080/events?limit=1', '/events?limit=1'],
  ['http://gateway', '/'],
  ['*', '*'],
  ['http://', '*'],
  ['http://[x/events', '*'],
  ['gateway:443', '*'],
  ['//a@b:x#', '*'],
])('%s asks for %s', (target, asked) => expect(originForm(target)).toBe(asked));
