// A network's layers: numbers are float32 as in the training, sums are float64.

const ACTIVATIONS = {
  ReLU: (x) => Math.max(0, x),
  ELU: (x) => (x > 0 ? x : Math.expm1(x)),
  Tanh: Math.tanh,
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};
const LAYERS = {
  Conv2d: convolve,
  Linear: linear,
  MaxPool2d: (layer, input) => pool(layer, input, (block) => Math.max(...block)),
  AvgPool2d: (layer, input) => pool(layer, input, (block) => sum(block) / block.length),
  Flatten: (_, { data }) => ({ shape: [data.length], data }),
  Scale: ({ weight, bias }, { shape, data }) => {
    const at = (i) => Math.floor((i * bias.length) / data.length);
    return { shape, data: data.map((x, i) => weight.data[at(i)] * x + bias[at(i)]) };
  },
  LogSoftmax: (_, { shape, data }) =>
    ({ shape, data: Float32Array.from(softmax(data), Math.log) }),
};

// The output {shape, data} of each layer for an image (C, H, W) of bytes.
export function forward(layers, pixels, shape) {
  let output = { shape, data: Float32Array.from(pixels, (x) => x / 255) };
  return layers.map((layer) => {
    const [curve, apply] = [ACTIVATIONS[layer.kind], LAYERS[layer.kind]];
    if (!curve && !apply) throw new Error(`capa desconocida: «${layer.kind}»`);
    output = apply ? apply(layer, output) : { ...output, data: output.data.map(curve) };
    return output;
  });
}

// A map for each of `n` outputs; `at(o, y, x)` gives the number of the window whose
// first row and column are y and x, which may lie in the padding.
function slide(n, [, height, width], size, stride, padding, at) {
  const [high, wide] = [height, width].map((side) =>
    Math.floor((side + 2 * padding - size) / stride) + 1);
  const data = new Float32Array(n * high * wide).map((_, i) =>
    at(Math.floor(i / (high * wide)), (Math.floor(i / wide) % high) * stride - padding,
      (i % wide) * stride - padding));
  return { shape: [n, high, wide], data };
}

function convolve({ weight, bias, stride, padding }, { shape, data }) {
  const [outputs, channels, k] = weight.shape;
  const [, height, width] = shape;
  return slide(outputs, shape, k, stride, padding, (o, top, left) => {
    let total = bias[o];
    for (let c = 0; c < channels; c++)
      for (let y = Math.max(0, top); y < Math.min(top + k, height); y++)
        for (let x = Math.max(0, left); x < Math.min(left + k, width); x++)
          total += weight.data[((o * channels + c) * k + y - top) * k + x - left]
            * data[(c * height + y) * width + x];
    return total;
  });
}

function pool({ size, stride }, { shape, data }, join) {
  const [channels, height, width] = shape;
  const block = [...Array(size * size).keys()];
  return slide(channels, shape, size, stride, 0, (c, top, left) => join(block.map((i) =>
    data[(c * height + top + Math.floor(i / size)) * width + left + (i % size)])));
}

function linear({ weight, bias }, { data }) {
  return { shape: [bias.length], data: bias.map((start, o) => {
    let total = start;
    for (let i = 0; i < data.length; i++) total += weight.data[o * data.length + i] * data[i];
    return total;
  }) };
}

const sum = (list) => list.reduce((a, b) => a + b, 0);

export function softmax(logits) {
  const top = Math.max(...logits);
  const powers = Array.from(logits, (x) => Math.exp(x - top));
  const total = sum(powers);
  return powers.map((x) => x / total);
}

// The class with the highest output; null where several share it.
export function decision(logits) {
  const best = logits.indexOf(Math.max(...logits));
  return best >= 0 && best === logits.lastIndexOf(logits[best]) ? best : null;
}
