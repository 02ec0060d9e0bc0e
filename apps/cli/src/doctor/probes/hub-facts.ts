import type { HubFacts } from '../facts/facts.js';

const TIMEOUT_MS = 10_000;

/** Asks the hub for its front page, without a token. Only what comes back at first is looked at. */
export async function hubFacts(
  env: Readonly<Record<string, string | undefined>>,
  request: typeof fetch = fetch,
): Promise<HubFacts> {
  const given = env['HF_ENDPOINT'] || 'https://huggingface.co';
  const url = URL.canParse(given) ? new URL(given) : undefined;
  // The text is not repeated: it may hold a password.
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    return { endpoint: 'HF_ENDPOINT', reason: 'it is not the address of a hub' };
  }
  const endpoint = `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  try {
    const response = await request(endpoint, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    const date = Date.parse(response.headers.get('date') ?? '');
    return { endpoint, status: response.status, ...(Number.isFinite(date) && { date }) };
  } catch (error) {
    const { cause } = error as { cause?: { code?: string; message?: string } };
    return { endpoint, reason: cause?.code ?? cause?.message ?? (error as Error).message };
  }
}
