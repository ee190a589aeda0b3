import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request that came in. */
export interface Seen {
  method: string;
  url: string;
  range: string | undefined;
  ifRange: string | undefined;
}

export type Respond = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** An HTTP server on loopback that answers as a test says and remembers what was asked. */
export class LoopbackServer {
  readonly seen: Seen[] = [];
  respond: Respond = (_, response) => response.writeHead(404).end();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer((request, response) => {
      const { method = '', url = '', headers } = request;
      this.seen.push({
        method,
        url,
        range: headers.range,
        ifRange: headers['if-range'] as string | undefined,
      });
      this.respond(request, response, this.seen.length);
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return this;
  }

  /** Its address, without a slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get server(): Server {
    return this.#server;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }
}

/** Serves bytes honestly: ranges, If-Range by ETag. */
export function serve(bytes: Buffer, etag = '"v1"'): Respond {
  return (request, response) => {
    const from = requestedFrom(request, etag);
    if (from === null) {
      response.writeHead(200, { 'content-length': bytes.length, etag }).end(bytes);
    } else if (from >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    } else {
      response.writeHead(206, partHeaders(bytes, from, etag)).end(bytes.subarray(from));
    }
  };
}

/** As `serve`, but the connection breaks after `share` bytes of each answer. */
export function serveBroken(bytes: Buffer, share: number, etag = '"v1"'): Respond {
  return (request, response) => {
    const from = requestedFrom(request, etag);
    const start = from ?? 0;
    if (from === null) response.writeHead(200, { 'content-length': bytes.length, etag });
    else response.writeHead(206, partHeaders(bytes, from, etag));
    const end = Math.min(bytes.length, start + share);
    response.write(bytes.subarray(start, end), () =>
      // The receiver gets time to take what was written: what is still buffered is lost with the connection.
      setTimeout(() => (end === bytes.length ? response.end() : response.destroy()), 200),
    );
  };
}

function requestedFrom(request: IncomingMessage, etag: string): number | null {
  const match = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const condition = request.headers['if-range'];
  if (match === null || (condition !== undefined && condition !== etag)) return null;
  return Number(match[1]);
}

function partHeaders(bytes: Buffer, from: number, etag: string): Record<string, string | number> {
  return {
    'content-length': bytes.length - from,
    'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    etag,
  };
}
