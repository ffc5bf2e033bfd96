// A mask with the face's own spectrum and none of its shape: every phase is turned by the same noise in all channels.

const SIZE = 128; // a power of two; drawn large and smooth, as the eye integrates it anyway
const small = new OffscreenCanvas(SIZE, SIZE);

// In-place radix-2 transform of `n` complex numbers, `stride` apart, starting at `from`.
function transform(re, im, from, stride, sign) {
  for (let i = 1, j = 0; i < SIZE; i += 1) {
    let bit = SIZE >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      const a = from + i * stride;
      const b = from + j * stride;
      [re[a], re[b]] = [re[b], re[a]];
      [im[a], im[b]] = [im[b], im[a]];
    }
  }
  for (let length = 2; length <= SIZE; length <<= 1) {
    const angle = (sign * 2 * Math.PI) / length;
    for (let k = 0; k < length / 2; k += 1) {
      const c = Math.cos(angle * k);
      const s = Math.sin(angle * k);
      for (let i = k; i < SIZE; i += length) {
        const a = from + i * stride;
        const b = a + (length / 2) * stride;
        const x = re[b] * c - im[b] * s;
        const y = re[b] * s + im[b] * c;
        re[b] = re[a] - x;
        im[b] = im[a] - y;
        re[a] += x;
        im[a] += y;
      }
    }
  }
}

function transform2(re, im, sign) {
  for (let row = 0; row < SIZE; row += 1) transform(re, im, row * SIZE, 1, sign);
  for (let column = 0; column < SIZE; column += 1) transform(re, im, column, SIZE, sign);
}

const plane = () => new Float32Array(SIZE * SIZE);

function turns() {
  const re = plane().map(() => Math.random() - 0.5);
  const im = plane();
  transform2(re, im, -1);
  for (let i = 0; i < re.length; i += 1) {
    const size = Math.hypot(re[i], im[i]) || 1;
    re[i] /= size;
    im[i] /= size;
  }
  re[0] = 1; // the mean stays
  im[0] = 0;
  return { re, im };
}

// Draws the mask of `image` on `canvas`, pixel for pixel: nothing is left to be scaled when the face goes.
export function scramble(image, canvas) {
  const context = small.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0, SIZE, SIZE);
  const picture = context.getImageData(0, 0, SIZE, SIZE);
  const noise = turns();
  for (let channel = 0; channel < 3; channel += 1) {
    const re = plane().map((_, i) => picture.data[4 * i + channel]);
    const im = plane();
    transform2(re, im, -1);
    for (let i = 0; i < re.length; i += 1) {
      const x = re[i] * noise.re[i] - im[i] * noise.im[i];
      im[i] = re[i] * noise.im[i] + im[i] * noise.re[i];
      re[i] = x;
    }
    transform2(re, im, 1);
    for (let i = 0; i < re.length; i += 1) picture.data[4 * i + channel] = re[i] / re.length;
  }
  context.putImageData(picture, 0, 0);
  canvas.width = Math.round(canvas.clientWidth * devicePixelRatio);
  canvas.height = Math.round(canvas.clientHeight * devicePixelRatio);
  canvas.getContext("2d", { alpha: false }).drawImage(small, 0, 0, canvas.width, canvas.height);
}
