/** Keeps the beginning of what a stream says, and counts the rest. */
export function keep(stream, most = 2 ** 22) {
  const kept = { text: '', bytes: 0 };
  stream.setEncoding('utf8');
  stream.on('data', (chunk) => {
    kept.bytes += Buffer.byteLength(chunk);
    if (kept.text.length < most) kept.text += chunk;
  });
  return kept;
}
