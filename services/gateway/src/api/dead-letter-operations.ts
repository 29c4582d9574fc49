import {
  DeadLetterAddressSchema,
  DeadLetterDeletionCountsSchema,
  DeadLetterDeletionSchema,
  DeadLetterReplayCountsSchema,
  DeadLetterReplayedSchema,
  DeadLetterReplaySchema,
  DeadLetterSchema,
  DeadLetterSummarySchema,
  DeadLettersQuerySchema,
} from '@oncelog/event-schema';
import { Type } from '@sinclair/typebox';
import { ADMIN, READ } from '../auth/access.ts';
import { EXAMPLES } from './examples.ts';
import { contentEncoding } from './headers.ts';
import { json, operations } from './operation.ts';
import { OF_BODY, OF_ID, OF_STORE } from './problem-sets.ts';

export const DEAD_LETTER_OPERATIONS = operations({
  listDeadLetters: {
    method: 'get',
    path: '/dead-letters',
    tag: 'Dead letters',
    access: READ,
    summary: 'Events that could not be stored, newest first',
    description: 'A page at a time: where there is another one, the `Link` header leads to it.',
    query: DeadLettersQuerySchema,
    answers: {
      200: json(Type.Array(DeadLetterSummarySchema), {
        description: 'A page of dead letters.',
        headers: ['Link'],
        example: [EXAMPLES.letterInShort],
      }),
    },
    problems: OF_STORE,
  },
  deleteDeadLetters: {
    method: 'delete',
    path: '/dead-letters',
    tag: 'Dead letters',
    access: ADMIN,
    summary: 'Delete dead letters, by a filter',
    description: 'The oldest of a filter, a bounded number in a call: call again while letters remain.',
    query: DeadLetterDeletionSchema,
    answers: {
      200: json(DeadLetterDeletionCountsSchema, {
        description: 'How many were deleted, and how many are left.',
        example: { deleted: 1, remaining: 0 },
      }),
    },
    problems: OF_STORE,
  },
  // before {id}, which would take it
  replayDeadLetters: {
    method: 'post',
    path: '/dead-letters/replay',
    tag: 'Dead letters',
    access: ADMIN,
    summary: 'Publish dead letters again, by a filter',
    description:
      'The oldest open letters of a filter, a bounded number in a call: go on with the `cursor` of the answer.',
    headers: Type.Object({ 'Content-Encoding': contentEncoding }),
    body: { schema: Type.Partial(DeadLetterReplaySchema), example: { code: '23514', limit: 100 } },
    answers: {
      200: json(DeadLetterReplayCountsSchema, {
        description: 'What became of the letters that this call looked at.',
        example: { replayed: 1, refused: 0, remaining: 0 },
      }),
    },
    problems: [...OF_BODY, 'invalid-filter', ...OF_STORE, 'backlog-full', 'stream-unavailable'],
  },
  readDeadLetter: {
    method: 'get',
    path: '/dead-letters/{id}',
    tag: 'Dead letters',
    access: READ,
    summary: 'A dead letter with its original',
    pathParameters: DeadLetterAddressSchema,
    answers: {
      200: json(DeadLetterSchema, { description: 'The letter.', example: EXAMPLES.wholeLetter }),
    },
    problems: [...OF_ID, ...OF_STORE],
  },
  deleteDeadLetter: {
    method: 'delete',
    path: '/dead-letters/{id}',
    tag: 'Dead letters',
    access: ADMIN,
    summary: 'Delete a dead letter; the counts stay',
    pathParameters: DeadLetterAddressSchema,
    answers: { 204: { description: 'It is deleted.' } },
    problems: [...OF_ID, ...OF_STORE],
  },
  replayDeadLetter: {
    method: 'post',
    path: '/dead-letters/{id}/replay',
    tag: 'Dead letters',
    access: ADMIN,
    summary: 'Publish a dead letter again',
    description:
      'It becomes a batch of its own, whose ID is derived from the letter: however often this is asked, it counts once.',
    pathParameters: DeadLetterAddressSchema,
    answers: {
      202: json(DeadLetterReplayedSchema, {
        description: 'It is in the stream, now or since an earlier call.',
        example: EXAMPLES.letterReplayed,
      }),
    },
    problems: [...OF_ID, 'not-replayable', ...OF_STORE, 'backlog-full', 'stream-unavailable'],
  },
});
