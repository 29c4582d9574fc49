import type { RequestHandler } from 'express';

const DESCRIPTION = {
  service: 'oncelog',
  description: 'Publish/subscribe log aggregator: every event is stored once and counted exactly',
  endpoints: {
    'POST /publish': 'Publish a batch of events',
    'GET /events':
      'Stored events, newest first (with since or until: by timestamp); filters: topic, source, event_id, since, until; limit, cursor',
    'GET /batches': 'What became of batches: batch_id, repeatable',
    'GET /dead-letters':
      'Events that could not be stored, newest first; filters: code, batch_id, since, until, state; limit, cursor',
    'GET /dead-letters/{id}': 'A dead letter with its original',
    'POST /dead-letters/{id}/replay': 'Publish a dead letter again',
    'POST /dead-letters/replay': 'Publish dead letters again, by a filter',
    'DELETE /dead-letters/{id}': 'Delete a dead letter; the counts stay',
    'DELETE /dead-letters': 'Delete dead letters, by a filter',
    'GET /stats': 'Exact counts, in all and by topic',
    'GET /audit': 'Whether rows, ledger, streams and counters agree; full=true counts every row',
    'GET /health': 'State of Postgres and Redis; /health/live and /health/ready for probes',
    'GET /metrics': 'Metrics for Prometheus',
  },
};

/** `GET /`: what this service is and where its endpoints are. */
export const rootRoute: RequestHandler = (_request, response) => {
  response.json(DESCRIPTION);
};
