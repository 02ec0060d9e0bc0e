import { didYouMean } from '@attune/core';
import { Hono, type Context } from 'hono';
import { cors } from 'hono/cors';
import type { z } from 'zod';
import { ApiError } from '../api/api-error.js';
import type { Call, Reply } from '../api/call.js';
import { chat } from '../api/chat.js';
import { chatForm } from '../api/chat-request.js';
import { complete } from '../api/complete.js';
import { completionForm } from '../api/completion-request.js';
import { embed } from '../api/embed.js';
import { embeddingForm } from '../api/embedding-request.js';
import { notReady } from '../api/error-of.js';
import { validate, type RequestForm } from '../api/validate.js';
import type { ServedModel } from '../models/served-model.js';
import { readJsonBody } from './body.js';
import { eventStream } from './event-stream.js';
import { Exchange } from './exchange.js';
import { healthOf } from './health.js';
import { keyCheck } from './keys.js';
import type { ModelCatalog, ServerOptions } from './options.js';

const MIB = 2 ** 20;
const MINUTE = 60_000;

type Served = Context<{ Variables: { exchange: Exchange } }>;

/** An endpoint that a model answers. */
interface Endpoint<Schema extends z.ZodObject> {
  readonly form: RequestForm<Schema>;
  readonly answer: (request: z.infer<Schema>, model: ServedModel, call: Call) => Promise<Reply>;
}

/** The model that a request names. @throws ApiError 404, or 503 where it may still come. */
function findModel({ models, loading }: ModelCatalog, id: string): ServedModel {
  const found = models.find((model) => model.id === id);
  if (found) return found;
  if (loading) throw notReady('The model is still being loaded.', 'model_loading');
  const known = models.map((model) => model.id);
  throw new ApiError(404, `There is no model of this name. ${didYouMean(id, known)}`, {
    param: 'model',
    code: 'model_not_found',
  });
}

function describe({ id, created }: ServedModel) {
  return { id, object: 'model', created, owned_by: 'attune' };
}

/** Headers of every answer: none may be kept, or taken for something else. */
const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** A server without a port. */
export interface Server {
  fetch(request: Request): Response | Promise<Response>;
}

/** Creates a server that speaks OpenAI's protocol. `listen` of `@attune/serve/node` gives it a port. */
export function createServer({
  catalog,
  keys = [],
  limits: { bodyBytes = MIB, answerMs = 10 * MINUTE } = {},
  origins = [],
  onRequest,
  onError,
}: ServerOptions): Server {
  const app = new Hono<{ Variables: { exchange: Exchange } }>();
  const checkKey = keyCheck(keys);

  function fail(context: Served, error: unknown): Response {
    const told = context.var.exchange.errorOf(error);
    for (const [name, value] of Object.entries(told.headers)) context.header(name, value);
    return context.json(told.body, told.status as 400);
  }

  app.use(async (context, next) => {
    const exchange = new Exchange(context.req.raw, {
      answerMs,
      ...(onRequest && { onRequest }),
      ...(onError && { onError }),
    });
    context.set('exchange', exchange);
    await next();
    context.header('x-request-id', exchange.id);
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
    // One that is still being written ends later.
    if (context.res.headers.get('content-type') !== EVENTS) exchange.settle(context.res.status);
  });
  if (origins.length > 0) app.use(cors({ origin: [...origins], maxAge: 600 }));
  app.get('/health', (context) => {
    const status = healthOf(catalog());
    return context.json({ status }, status === 'ok' ? 200 : 503);
  });
  app.use(async (context, next) => {
    if (keys.length > 0) await checkKey(context.req.raw);
    await next();
  });
  app.get('/v1/models', (context) => context.json({ object: 'list', data: catalog().models.map(describe) }));
  app.get('/v1/models/:id{.+}', (context) =>
    context.json(describe(findModel(catalog(), context.req.param('id')))),
  );

  function post<Schema extends z.ZodObject>(path: string, { form, answer }: Endpoint<Schema>): void {
    app.post(path, async (context) => {
      const { exchange } = context.var;
      const request = validate(form, await readJsonBody(context.req.raw, bodyBytes, exchange.signal));
      const model = findModel(catalog(), (request as { model: string }).model);
      const reply = await answer(request, model, exchange);
      if ('body' in reply) return context.json(reply.body as object);
      const body = eventStream(async (send) => {
        const sendJson = (data: unknown) => send(JSON.stringify(data));
        let status = 200;
        try {
          await reply.events(sendJson);
          send('[DONE]');
        } catch (error) {
          const told = exchange.errorOf(error);
          status = told.status;
          sendJson(told.body);
        }
        exchange.settle(status);
      }, exchange.leave);
      return context.body(body, 200, { 'content-type': EVENTS });
    });
  }
  post('/v1/completions', { form: completionForm, answer: complete });
  post('/v1/chat/completions', { form: chatForm, answer: chat });
  post('/v1/embeddings', { form: embeddingForm, answer: embed });
  for (const path of ['/v1/completions', '/v1/chat/completions', '/v1/embeddings']) notAllowed(path, 'POST');
  for (const path of ['/v1/models', '/v1/models/*', '/health']) notAllowed(path, 'GET');

  function notAllowed(path: string, method: string): void {
    app.all(path, () => {
      throw new ApiError(405, `Ask with ${method}.`, {
        code: 'method_not_allowed',
        headers: { allow: method },
      });
    });
  }
  app.notFound((context) =>
    fail(context, new ApiError(404, 'There is no such address.', { code: 'not_found' })),
  );
  app.onError((error, context) => fail(context, error));
  return { fetch: (request) => app.fetch(request) };
}

const EVENTS = 'text/event-stream; charset=utf-8';
