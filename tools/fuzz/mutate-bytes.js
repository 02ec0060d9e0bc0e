/** Damage to bytes: flipped bits, cuts, insertions, repetitions, numbers that are too large. */

const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** Texts that mean something to one reader or another. */
const WORDS = ['\0', '\u001b[2J', '\ufeff', '"', '\\', '\\u0000', '\\ud800', '{', '}', '[', ']', ':', ',', '-', '\n', '\r\n', '1e999', '-0', 'NaN', 'null', '__proto__', 'constructor', '../', '/', '&a ', '*a', '!!js/function ', '<<: ', '%', '{{', '}}', '{%', '%}', '\u2028', '\u202e']; // prettier-ignore

/** Bytes damaged in one to four ways. */
export function mutateBytes(random, bytes) {
  let result = bytes;
  for (let n = random.integer(4); n >= 0; n--) result = damage(random, result);
  return result;
}

function damage(random, bytes) {
  const copy = Uint8Array.from(bytes);
  const at = random.integer(copy.length + 1);
  switch (random.integer(8)) {
    case 0:
      if (copy.length > 0) copy[random.integer(copy.length)] ^= 1 << random.integer(8);
      return copy;
    case 1:
      return copy.subarray(0, at);
    case 2:
      return joined(copy.subarray(0, at), copy.subarray(Math.min(copy.length, at + random.integer(16))));
    case 3:
      return joined(copy.subarray(0, at), Uint8Array.of(random.integer(256)), copy.subarray(at));
    case 4: {
      // A piece of it once more, somewhere else.
      const from = random.integer(copy.length + 1);
      return joined(copy.subarray(0, at), copy.subarray(from, from + random.integer(64)), copy.subarray(at));
    }
    case 5: {
      if (copy.length < 8) return copy;
      const view = new DataView(copy.buffer);
      view.setUint32(
        random.integer(copy.length - 4),
        NUMBERS[random.integer(NUMBERS.length)],
        random.integer(2) > 0,
      );
      return copy;
    }
    case 6:
      return joined(
        copy.subarray(0, at),
        Buffer.from(WORDS[random.integer(WORDS.length)]),
        copy.subarray(at),
      );
    default: {
      const length = random.integer(4) ? random.integer(40) : random.integer(3000);
      const word = Buffer.from(WORDS[random.integer(WORDS.length)]);
      return joined(
        copy.subarray(0, at),
        ...Array(Math.ceil(length / word.length)).fill(word),
        copy.subarray(at),
      );
    }
  }
}

const joined = (...parts) => Uint8Array.from(Buffer.concat(parts));
