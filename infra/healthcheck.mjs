// The health check of every image: `node healthcheck.mjs VARIABLE [path]`. The environment variable holds a port of
// this container or the URL of what the process needs. Over HTTP the path must answer 200; any other URL must accept
// a connection. No fetch: it would double what a check costs, and there is one every few seconds per container.
import { get } from 'node:http';
import { connect } from 'node:net';

const TIMEOUT_MS = 4_000;

const [, , variable, path = '/'] = process.argv;
const value = process.env[variable] ?? '';
const target = new URL(/^\d+$/.test(value) ? `http://127.0.0.1:${value}` : value);

/** Docker knows 0 and 1; the text is shown by `docker inspect`. */
function end(problem) {
  if (problem !== undefined) process.stdout.write(`${target.host}: ${problem}\n`);
  process.exit(problem === undefined ? 0 : 1);
}

setTimeout(() => end(`no answer within ${TIMEOUT_MS} ms`), TIMEOUT_MS);

if (target.protocol === 'http:') {
  get(new URL(path, target), ({ statusCode }) =>
    end(statusCode === 200 ? undefined : `${path} answers ${statusCode}`),
  ).on('error', (error) => end(error.code ?? error.message));
} else {
  connect({ host: target.hostname, port: Number(target.port || 5432) }, () => end()).on('error', (error) =>
    end(error.code ?? error.message),
  );
}
