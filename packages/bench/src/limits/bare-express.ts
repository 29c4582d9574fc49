import type { AddressInfo } from 'node:net';
import express from 'express';
import { serve } from '../workers/serve.ts';

/** What Express can do at most: reads the body, answers as many bytes as the gateway does, and does nothing else. */
const ANSWER = {
  status: 'accepted',
  queued: 1,
  message: 'Events queued for processing',
  batch_id: '01a20e41-ecb8-7757-a7a0-b28eb396c0f4',
};

serve({
  listen(): Promise<string> {
    const app = express().disable('x-powered-by');
    app.post('/publish', express.raw({ type: () => true, limit: '5mb' }), (_request, response) => {
      response.status(202).json(ANSWER);
    });
    return new Promise((resolve, reject) => {
      const server = app.listen(0, '127.0.0.1', (error) => {
        if (error) reject(error);
        else resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      });
    });
  },
});
