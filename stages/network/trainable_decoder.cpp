#include "stages/network/trainable_decoder.h"

#include <algorithm>
#include <cassert>
#include <string>

#include "stages/network/counter_random.h"
#include "stages/network/layers/dropout.h"
#include "stages/network/layers/matrix_product.h"
#include "stages/network/layers/rms_norm.h"
#include "stages/network/layers/rotary.h"
#include "stages/network/layers/swiglu.h"

namespace pith {
namespace {

/// Seeds of the dropout masks: one for the embedding, two a layer.
std::uint64_t mask_seed(const DecoderTape& tape, std::size_t place) {
  return random_bits(tape.dropout_seed, place);
}

void add(std::span<const float> x, float* y) {
  for (std::size_t i = 0; i < x.size(); ++i) y[i] += x[i];
}

/// A linear layer without bias: y = x weight^T; dx = dy weight, dweight += dy^T x.
struct Projection {
  std::size_t rows, in, out;

  void forward(const float* x, const float* weight, float* y) const {
    multiply_transposed(matrix(x, rows, in), matrix(weight, out, in), matrix(y, rows, out),
                        Into::kReplace);
  }
  void backward(const float* dy, const float* x, const float* weight, float* dx,
                float* dweight) const {
    multiply(matrix(dy, rows, out), matrix(weight, out, in), matrix(dx, rows, in), Into::kReplace);
    transposed_multiply(matrix(dy, rows, out), matrix(x, rows, in), matrix(dweight, out, in),
                        Into::kAdd);
  }
};

}  // namespace

TrainableDecoder::TrainableDecoder(const DecoderConfig& config) : config_(config) {
  const auto width = static_cast<std::uint64_t>(config.hidden_size);
  const auto vocab_size = static_cast<std::uint64_t>(config.vocab_size);
  word_table_ = layout_.add("model.embed_tokens.weight", {vocab_size, width}, true);
  for (std::int32_t layer = 0; layer < config.num_layers; ++layer) {
    layers_.push_back(add_layer("model.layers." + std::to_string(layer) + "."));
  }
  output_gain_ = layout_.add("model.norm.weight", {width}, false);
  head_ = config.tied_head ? word_table_ : layout_.add("lm_head.weight", {vocab_size, width}, true);
}

TrainableDecoder::LayerPlaces TrainableDecoder::add_layer(const std::string& name) {
  const auto width = static_cast<std::uint64_t>(config_.hidden_size);
  const auto wide = static_cast<std::uint64_t>(config_.intermediate_size);
  const std::uint64_t query_width = config_.query_width();
  const std::uint64_t key_width = config_.key_width();
  LayerPlaces places = {};
  places.attention_gain = layout_.add(name + "input_layernorm.weight", {width}, false);
  places.query_key_value =
      layout_.add(name + "self_attn.q_proj.weight", {query_width, width}, true);
  layout_.add(name + "self_attn.k_proj.weight", {key_width, width}, true);
  layout_.add(name + "self_attn.v_proj.weight", {key_width, width}, true);
  places.attention_output =
      layout_.add(name + "self_attn.o_proj.weight", {width, query_width}, true);
  places.feed_forward_gain = layout_.add(name + "post_attention_layernorm.weight", {width}, false);
  places.gate_up = layout_.add(name + "mlp.gate_proj.weight", {wide, width}, true);
  layout_.add(name + "mlp.up_proj.weight", {wide, width}, true);
  places.down = layout_.add(name + "mlp.down_proj.weight", {width, wide}, true);
  return places;
}

const float* TrainableDecoder::forward(std::span<const float> parameters,
                                       std::span<const std::int32_t> ids,
                                       std::span<const std::int32_t> positions, const Sees& sees,
                                       float dropout_rate, std::uint64_t dropout_seed,
                                       DecoderTape& tape) const {
  const auto width = static_cast<std::size_t>(config_.hidden_size);
  const auto head_size = static_cast<std::size_t>(config_.head_size);
  const std::size_t length = ids.size();
  assert(length > 0 && positions.size() == length);
  tape.ids.assign(ids.begin(), ids.end());
  tape.dropout_rate = dropout_rate;
  tape.dropout_seed = dropout_seed;
  tape.layers.resize(layers_.size());
  tape.visible.clear();
  if (sees) {
    tape.visible.resize(length * length);
    for (std::size_t row = 0; row < length; ++row) {
      for (std::size_t slot = 0; slot < row; ++slot) {
        tape.visible[row * length + slot] = sees(row, slot) ? 1 : 0;
      }
    }
  }
  rotary_angles(positions, head_size, config_.rope_theta, tape.angles.reserve(length * head_size));
  float* embedded = tape.embedded.reserve(length * width);
  for (std::size_t i = 0; i < length; ++i) {
    std::copy_n(&parameters[word_table_ + static_cast<std::size_t>(ids[i]) * width], width,
                embedded + i * width);
  }
  dropout(mask_seed(tape, 0), dropout_rate, {embedded, length * width});
  const float* hidden = embedded;
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    layer_forward(parameters, layers_[layer], hidden, layer, tape);
    hidden = tape.layers[layer].output.data();
  }
  float* output = tape.output.reserve(length * width);
  rms_norm_forward(hidden, length, gain_at(parameters, output_gain_), config_.rms_norm_eps, output);
  return output;
}

void TrainableDecoder::layer_forward(std::span<const float> parameters, const LayerPlaces& places,
                                     const float* input, std::size_t layer,
                                     DecoderTape& tape) const {
  const auto width = static_cast<std::size_t>(config_.hidden_size);
  const auto wide = static_cast<std::size_t>(config_.intermediate_size);
  const GroupedHeads grouped = heads();
  const std::size_t query_width = config_.query_width();
  const std::size_t stride = query_width + 2 * config_.key_width();
  const std::size_t length = tape.ids.size();
  const std::size_t size = length * width;
  DecoderTape::Layer& kept = tape.layers[layer];
  const auto at = [&](std::size_t place) { return parameters.data() + place; };
  float* attention_normal = kept.attention_normal.reserve(size);
  float* query_key_value = kept.query_key_value.reserve(length * stride);
  float* attention = kept.attention.reserve(grouped.num_heads * length * attention_stride(length));
  float* context = kept.context.reserve(length * query_width);
  float* middle = kept.middle.reserve(size);
  float* feed_forward_normal = kept.feed_forward_normal.reserve(size);
  float* gate_up = kept.gate_up.reserve(length * 2 * wide);
  float* activated = kept.activated.reserve(length * wide);
  float* output = kept.output.reserve(size);

  rms_norm_forward(input, length, gain_at(parameters, places.attention_gain), config_.rms_norm_eps,
                   attention_normal);
  Projection{length, width, stride}.forward(attention_normal, at(places.query_key_value),
                                            query_key_value);
  rotate(query_key_value, length, stride, grouped.num_heads + grouped.num_kv_heads,
         grouped.head_size, tape.angles.data(), Turn::kForth);
  grouped_attention_forward_keeping(query_key_value, length, grouped,
                                    tape.visible.empty() ? nullptr : tape.visible.data(), attention,
                                    context);
  Projection{length, query_width, width}.forward(context, at(places.attention_output), middle);
  dropout(mask_seed(tape, 1 + 2 * layer), tape.dropout_rate, {middle, size});
  add({input, size}, middle);

  rms_norm_forward(middle, length, gain_at(parameters, places.feed_forward_gain),
                   config_.rms_norm_eps, feed_forward_normal);
  Projection{length, width, 2 * wide}.forward(feed_forward_normal, at(places.gate_up), gate_up);
  swiglu_forward(gate_up, length, wide, activated);
  Projection{length, wide, width}.forward(activated, at(places.down), output);
  dropout(mask_seed(tape, 2 + 2 * layer), tape.dropout_rate, {output, size});
  add({middle, size}, output);
}

void TrainableDecoder::backward(std::span<const float> parameters, const float* dhidden,
                                DecoderTape& tape, std::span<float> gradients) const {
  const auto width = static_cast<std::size_t>(config_.hidden_size);
  const std::size_t length = tape.ids.size();
  const std::size_t size = length * width;
  float* gradient = tape.dhidden.reserve(size);
  const auto input_of = [&](std::size_t layer) {
    return layer > 0 ? tape.layers[layer - 1].output.data() : tape.embedded.data();
  };
  rms_norm_backward(input_of(layers_.size()), dhidden, length, gain_at(parameters, output_gain_),
                    config_.rms_norm_eps, gradient, &gradients[output_gain_]);
  for (std::size_t layer = layers_.size(); layer-- > 0;) {
    layer_backward(parameters, layers_[layer], input_of(layer), layer, tape, gradients);
  }
  dropout(mask_seed(tape, 0), tape.dropout_rate, {gradient, size});
  for (std::size_t i = 0; i < length; ++i) {
    add({gradient + i * width, width},
        &gradients[word_table_ + static_cast<std::size_t>(tape.ids[i]) * width]);
  }
}

/// tape.dhidden: on entry dL/d(layer's output), on return dL/d(the sum behind attention).
void TrainableDecoder::feed_forward_backward(std::span<const float> parameters,
                                             const LayerPlaces& places, std::size_t layer,
                                             DecoderTape& tape, std::span<float> gradients) const {
  const auto width = static_cast<std::size_t>(config_.hidden_size);
  const auto wide = static_cast<std::size_t>(config_.intermediate_size);
  const std::size_t length = tape.ids.size();
  const std::size_t size = length * width;
  const DecoderTape::Layer& kept = tape.layers[layer];
  const auto at = [&](std::size_t place) { return parameters.data() + place; };
  const auto into = [&](std::size_t place) { return gradients.data() + place; };
  float* dhidden = tape.dhidden.data();
  float* dbranch = tape.dbranch.reserve(size);
  float* dwide = tape.dwide.reserve(length * wide);
  float* dgate_up = tape.dgate_up.reserve(length * 2 * wide);

  std::copy_n(dhidden, size, dbranch);
  dropout(mask_seed(tape, 2 + 2 * layer), tape.dropout_rate, {dbranch, size});
  Projection{length, wide, width}.backward(dbranch, kept.activated.data(), at(places.down), dwide,
                                           into(places.down));
  swiglu_backward(kept.gate_up.data(), dwide, length, wide, dgate_up);
  Projection{length, width, 2 * wide}.backward(dgate_up, kept.feed_forward_normal.data(),
                                               at(places.gate_up), dbranch, into(places.gate_up));
  rms_norm_backward(kept.middle.data(), dbranch, length,
                    gain_at(parameters, places.feed_forward_gain), config_.rms_norm_eps, dbranch,
                    into(places.feed_forward_gain));
  add({dbranch, size}, dhidden);
}

/// tape.dhidden: on entry dL/d(layer's output), on return dL/d(its input).
void TrainableDecoder::layer_backward(std::span<const float> parameters, const LayerPlaces& places,
                                      const float* input, std::size_t layer, DecoderTape& tape,
                                      std::span<float> gradients) const {
  feed_forward_backward(parameters, places, layer, tape, gradients);
  const auto width = static_cast<std::size_t>(config_.hidden_size);
  const GroupedHeads grouped = heads();
  const std::size_t query_width = config_.query_width();
  const std::size_t stride = query_width + 2 * config_.key_width();
  const std::size_t length = tape.ids.size();
  const std::size_t size = length * width;
  const DecoderTape::Layer& kept = tape.layers[layer];
  const auto at = [&](std::size_t place) { return parameters.data() + place; };
  const auto into = [&](std::size_t place) { return gradients.data() + place; };
  float* dhidden = tape.dhidden.data();
  float* dbranch = tape.dbranch.data();
  float* dcontext = tape.dwidth.reserve(length * query_width);
  float* dqkv = tape.dquery_key_value.reserve(length * stride);

  std::copy_n(dhidden, size, dbranch);
  dropout(mask_seed(tape, 1 + 2 * layer), tape.dropout_rate, {dbranch, size});
  Projection{length, query_width, width}.backward(dbranch, kept.context.data(),
                                                  at(places.attention_output), dcontext,
                                                  into(places.attention_output));
  grouped_attention_backward(dcontext, kept.query_key_value.data(), kept.attention.data(), length,
                             grouped, tape.attention, dqkv);
  rotate(dqkv, length, stride, grouped.num_heads + grouped.num_kv_heads, grouped.head_size,
         tape.angles.data(), Turn::kBack);
  Projection{length, width, stride}.backward(dqkv, kept.attention_normal.data(),
                                             at(places.query_key_value), dbranch,
                                             into(places.query_key_value));
  rms_norm_backward(input, dbranch, length, gain_at(parameters, places.attention_gain),
                    config_.rms_norm_eps, dbranch, into(places.attention_gain));
  add({dbranch, size}, dhidden);
}

}  // namespace pith
