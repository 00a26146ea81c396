// What computes the network: steps over arrays of float32, in plain JavaScript. Shapes have no batch: [C, H, W] or [F].
"use strict";

const STEPS = {
  conv2d(x, p, w) {
    const [inC, H, W] = x.shape, [outC, perGroup, kH, kW] = p.weight_shape, weight = w(p.weight), bias = p.bias && w(p.bias);
    const [sH, sW] = p.stride, [dH, dW] = p.dilation, [top, bottom, left, right] = p.padding;
    const oH = Math.floor((H + top + bottom - dH * (kH - 1) - 1) / sH) + 1;
    const oW = Math.floor((W + left + right - dW * (kW - 1) - 1) / sW) + 1;
    const out = new Float32Array(outC * oH * oW), each = outC / p.groups, row = new Float64Array(oW);
    for (let o = 0; o < outC; o++) {
      const first = Math.floor(o / each) * perGroup;
      for (let y = 0; y < oH; y++) {
        row.fill(bias ? bias[o] : 0);
        for (let c = 0; c < perGroup; c++) {
          for (let i = 0; i < kH; i++) {
            const from = y * sH - top + i * dH;
            if (from < 0 || from >= H) continue;
            const base = ((first + c) * H + from) * W;
            for (let j = 0; j < kW; j++) {
              const factor = weight[((o * perGroup + c) * kH + i) * kW + j], shift = j * dW - left;
              const begin = Math.max(0, Math.ceil(-shift / sW)), end = Math.min(oW, Math.floor((W - 1 - shift) / sW) + 1);
              for (let z = begin; z < end; z++) row[z] += factor * x.data[base + z * sW + shift];
            }
          }
        }
        out.set(row, (o * oH + y) * oW);
      }
    }
    return { shape: [outC, oH, oW], data: out };
  },
  linear(x, p, w) {
    const [outF, inF] = p.weight_shape, weight = w(p.weight), bias = p.bias && w(p.bias), out = new Float32Array(outF);
    for (let o = 0; o < outF; o++) {
      let sum = bias ? bias[o] : 0;
      for (let i = 0; i < inF; i++) sum += weight[o * inF + i] * x.data[i];
      out[o] = sum;
    }
    return { shape: [outF], data: out };
  },
  scale(x, p, w) {  // what a BatchNorm is when it predicts
    const factor = w(p.factor), shift = w(p.shift), area = x.data.length / x.shape[0], out = new Float32Array(x.data.length);
    for (let k = 0; k < out.length; k++) out[k] = x.data[k] * factor[Math.floor(k / area)] + shift[Math.floor(k / area)];
    return { shape: x.shape, data: out };
  },
  pool(x, p) {
    const [C, H, W] = x.shape, [kH, kW] = p.kernel, [sH, sW] = p.stride, [padH, padW] = p.padding, [dH, dW] = p.dilation;
    const [oH, oW] = p.size, out = new Float32Array(C * oH * oW);
    for (let c = 0; c < C; c++) for (let y = 0; y < oH; y++) for (let z = 0; z < oW; z++) {
      const top = y * sH - padH, left = z * sW - padW;
      let most = -Infinity, sum = 0, inside = 0;
      for (let i = 0; i < kH; i++) for (let j = 0; j < kW; j++) {
        const a = top + i * dH, b = left + j * dW;
        if (a < 0 || b < 0 || a >= H || b >= W) continue;
        const value = x.data[(c * H + a) * W + b];
        inside++, sum += value;
        if (value > most || value !== value) most = value;
      }
      const framed = (Math.min(top + kH, H + padH) - top) * (Math.min(left + kW, W + padW) - left);
      out[(c * oH + y) * oW + z] = p.takes === "max" ? most : sum / (p.counts_padding ? framed : inside);
    }
    return { shape: [C, oH, oW], data: out };
  },
  adaptive(x, p) {
    const [C, H, W] = x.shape, [oH, oW] = p.size, out = new Float32Array(C * oH * oW);
    for (let c = 0; c < C; c++) for (let y = 0; y < oH; y++) for (let z = 0; z < oW; z++) {
      const top = Math.floor(y * H / oH), bottom = Math.ceil((y + 1) * H / oH);
      const left = Math.floor(z * W / oW), right = Math.ceil((z + 1) * W / oW);
      let most = -Infinity, sum = 0;
      for (let a = top; a < bottom; a++) for (let b = left; b < right; b++) {
        const value = x.data[(c * H + a) * W + b];
        sum += value;
        if (value > most) most = value;
      }
      out[(c * oH + y) * oW + z] = p.takes === "max" ? most : sum / ((bottom - top) * (right - left));
    }
    return { shape: [C, oH, oW], data: out };
  },
  each(x, p) {
    const f = FUNCTIONS[p.function](p), out = new Float32Array(x.data.length);
    for (let k = 0; k < out.length; k++) out[k] = f(x.data[k]);
    return { shape: x.shape, data: out };
  },
  softmax(x) {  // over the channels, place by place
    const C = x.shape[0], area = x.data.length / C, out = new Float32Array(x.data.length);
    for (let k = 0; k < area; k++) {
      let most = -Infinity, sum = 0;
      for (let c = 0; c < C; c++) most = Math.max(most, x.data[c * area + k]);
      for (let c = 0; c < C; c++) sum += Math.exp(x.data[c * area + k] - most);
      for (let c = 0; c < C; c++) out[c * area + k] = Math.exp(x.data[c * area + k] - most) / sum;
    }
    return { shape: x.shape, data: out };
  },
  pair(x, y, p) {  // where one is a number a channel, it goes for every place
    if (x.data.length < y.data.length) [x, y] = [y, x];
    const shared = x.data.length / y.data.length, out = new Float32Array(x.data.length);
    for (let k = 0; k < out.length; k++) {
      const other = y.data[shared === 1 ? k : Math.floor(k / shared)];
      out[k] = p.function === "add" ? x.data[k] + other : x.data[k] * other;
    }
    return { shape: x.shape, data: out };
  },
  cat(...given) {
    const parts = given.slice(0, -2), out = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
    let at = 0;
    for (const part of parts) out.set(part.data, at), at += part.data.length;
    return { shape: [parts.reduce((sum, part) => sum + part.shape[0], 0), ...parts[0].shape.slice(1)], data: out };
  },
  flatten(x) {
    return { shape: [x.data.length], data: x.data };
  },
  nearest(x, p) {
    const [C, H, W] = x.shape, [tall, wide] = p.factor, out = new Float32Array(C * H * tall * W * wide);
    for (let k = 0; k < out.length; k++) {
      const z = k % (W * wide), y = Math.floor(k / (W * wide)) % (H * tall), c = Math.floor(k / (W * wide * H * tall));
      out[k] = x.data[(c * H + Math.floor(y / tall)) * W + Math.floor(z / wide)];
    }
    return { shape: [C, H * tall, W * wide], data: out };
  },
  means(x) {  // of each channel over its places
    const C = x.shape[0], area = x.data.length / C, out = new Float32Array(C);
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (let k = 0; k < area; k++) sum += x.data[c * area + k];
      out[c] = sum / area;
    }
    return { shape: [C], data: out };
  },
};

const FUNCTIONS = {
  relu: () => (v) => (v > 0 ? v : v !== v ? v : 0),
  clip: (p) => (v) => Math.min(Math.max(v, p.least), p.most),
  leaky: (p) => (v) => (v >= 0 ? v : p.slope * v),
  elu: (p) => (v) => (v > 0 ? v : p.alpha * Math.expm1(v)),
  sigmoid: () => (v) => 1 / (1 + Math.exp(-v)),
  tanh: () => Math.tanh,
  silu: () => (v) => v / (1 + Math.exp(-v)),
  hardsigmoid: () => (v) => Math.min(Math.max(v / 6 + 0.5, 0), 1),
  hardswish: () => (v) => v * Math.min(Math.max(v / 6 + 0.5, 0), 1),
  softplus: () => (v) => (v > 20 ? v : Math.log1p(Math.exp(v))),
  exp: () => Math.exp,
};

/** The outputs of the network for numbers [C, H, W]; `weights` is a Float32Array. */
function run(network, weights, x) {
  const known = { [network.input]: x }, w = ([start, length]) => weights.subarray(start, start + length);
  let last = x;
  network.steps.forEach((step) => {
    last = STEPS[step.does](...step.reads.map((name) => known[name]), step, w);
    known[step.name] = last;
    for (const name of step.frees) delete known[name];
  });
  return last;
}

/** Bytes [H, W, C] of a picture that was cut and resized as Pillow's ImageOps.fit does it, bilinear, from RGBA pixels:
 * the same, but of tall pictures, of which Pillow 13 resizes the height first, some are one of 255 off. */
function fitted(pixels, width, height, channels, wide, tall) {
  const flat = new Uint8ClampedArray(width * height * channels);
  for (let k = 0; k < width * height; k++) {
    const a = pixels[4 * k + 3], on = (v) => (a === 255 ? v : Math.round((v * a + 255 * (255 - a)) / 255));  // on white
    const r = on(pixels[4 * k]), g = on(pixels[4 * k + 1]), b = on(pixels[4 * k + 2]);
    if (channels === 1) flat[k] = (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
    else flat[3 * k] = r, flat[3 * k + 1] = g, flat[3 * k + 2] = b;
  }
  const live = width / height, wanted = wide / tall;
  let cutW = width, cutH = height;
  if (live > wanted) cutW = wanted * height;
  else if (live < wanted) cutH = width / wanted;
  const left = (width - cutW) * 0.5, top = (height - cutH) * 0.5;
  const across = resized(flat, width, height, channels, left, cutW, wide, false);
  return resized(across, wide, height, channels, top, cutH, tall, true);
}

/** One axis of Pillow's resampling with the triangle filter: the cut in float32, coefficients of 22 bits, sums in bytes. */
function resized(bytes, width, height, channels, start, length, size, isDown) {
  const full = isDown ? height : width;
  if (size === full && start === 0 && length === full) return bytes;
  const begin = Math.fround(start), ratio = Math.fround(Math.fround(start + length) - begin) / size, support = Math.max(ratio, 1), out = new Uint8ClampedArray((isDown ? width * size : size * height) * channels);
  const outW = isDown ? width : size;
  for (let o = 0; o < size; o++) {
    const center = begin + (o + 0.5) * ratio;
    const first = Math.max(0, Math.floor(center - support + 0.5)), last = Math.min(full, Math.floor(center + support + 0.5));
    const shares = [];
    let sum = 0;
    for (let k = first; k < last; k++) {
      const share = Math.max(0, 1 - Math.abs((k - center + 0.5) / support));
      shares.push(share), sum += share;
    }
    const whole = shares.map((share) => { const v = (share / sum) * (1 << 22); return v < 0 ? Math.trunc(v - 0.5) : Math.trunc(v + 0.5); });
    for (let line = 0; line < (isDown ? width : height); line++) for (let c = 0; c < channels; c++) {
      let value = 1 << 21;
      for (let k = 0; k < whole.length; k++) {
        const at = isDown ? (first + k) * width + line : line * width + first + k;
        value += bytes[at * channels + c] * whole[k];
      }
      out[(isDown ? o * outW + line : line * outW + o) * channels + c] = Math.min(255, Math.max(0, Math.floor(value / (1 << 22))));
    }
  }
  return out;
}

/** What the network takes, from bytes [H, W, C]. */
function prepared(bytes, about) {
  const [C, H, W] = about.size, data = new Float32Array(C * H * W);
  for (let c = 0; c < C; c++) for (let k = 0; k < H * W; k++) {
    data[c * H * W + k] = (bytes[k * C + c] / 255 - about.mean[c]) / about.std[c];
  }
  return { shape: [C, H, W], data };
}

/** The image seen in a mirror. */
function mirrored(x) {
  const [C, H, W] = x.shape, data = new Float32Array(x.data.length);
  for (let k = 0; k < data.length; k++) data[k] = x.data[Math.floor(k / W) * W + W - 1 - (k % W)];
  return { shape: [C, H, W], data };
}

/** What the network gives for bytes, as numbers; the mean of both sides where it was validated so. */
function scores(network, weights, bytes) {
  const x = prepared(bytes, network), found = run(network, weights, x).data;
  if (!network.both_sides) return found;
  const other = run(network, weights, mirrored(x)).data;
  return found.map((value, k) => (value + other[k]) / 2);
}

/** The same as probabilities. */
function probabilities(network, weights, bytes) {
  const found = scores(network, weights, bytes), x = { shape: [found.length], data: found };
  if (network.making === "softmax") return STEPS.softmax(x).data;
  return network.making ? STEPS.each(x, { function: network.making }).data : found;
}

if (typeof module !== "undefined") module.exports = { run, fitted, prepared, scores, probabilities };
