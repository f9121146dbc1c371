#include "stages/network/trainable_encoder.h"

#include <algorithm>
#include <cassert>
#include <string>

#include "stages/network/counter_random.h"
#include "stages/network/layers/dropout.h"
#include "stages/network/layers/gelu.h"
#include "stages/network/layers/layer_norm.h"
#include "stages/network/layers/linear.h"

namespace pith {
namespace {

/// Seeds of the dropout masks: one for the embedding, two a layer.
std::uint64_t mask_seed(const EncoderTape& tape, std::size_t place) {
  return random_bits(tape.dropout_seed, place);
}

LayerNormWeights norm_at(std::span<const float> parameters, std::size_t gain, std::size_t shift,
                         const EncoderConfig& config) {
  const auto width = static_cast<std::size_t>(config.hidden_size);
  return {parameters.subspan(gain, width), parameters.subspan(shift, width), config.layer_norm_eps};
}

void add(std::span<const float> x, float* y) {
  for (std::size_t i = 0; i < x.size(); ++i) y[i] += x[i];
}

}  // namespace

TrainableEncoder::TrainableEncoder(const EncoderConfig& config, std::uint64_t num_loss_parameters)
    : config_(config) {
  const auto count = [](std::int32_t n) { return static_cast<std::uint64_t>(n); };
  const std::uint64_t width = count(config.hidden_size);
  const std::string prefix = config.kind == EncoderKind::kBert ? "bert." : "roberta.";
  const std::string tables = prefix + "embeddings.";
  word_table_ =
      layout_.add(tables + "word_embeddings.weight", {count(config.vocab_size), width}, true);
  position_table_ = layout_.add(tables + "position_embeddings.weight",
                                {count(config.max_positions), width}, true);
  type_table_ = layout_.add(tables + "token_type_embeddings.weight",
                            {count(config.type_vocab_size), width}, true);
  embedding_gain_ = layout_.add(tables + "LayerNorm.weight", {width}, false);
  embedding_shift_ = layout_.add(tables + "LayerNorm.bias", {width}, false);
  for (std::int32_t layer = 0; layer < config.num_layers; ++layer) {
    layers_.push_back(add_layer(prefix + "encoder.layer." + std::to_string(layer) + "."));
  }
  classifier_weight_ = layout_.add("classifier.weight", {count(config.num_labels), width}, true);
  classifier_bias_ = layout_.add("classifier.bias", {count(config.num_labels)}, false);
  if (num_loss_parameters > 0) {
    loss_parameters_ = layout_.add("loss.parameters", {num_loss_parameters}, false);
  }
}

TrainableEncoder::LayerPlaces TrainableEncoder::add_layer(const std::string& name) {
  const auto width = static_cast<std::uint64_t>(config_.hidden_size);
  const auto wide = static_cast<std::uint64_t>(config_.intermediate_size);
  const std::string attention = name + "attention.self.";
  LayerPlaces places = {};
  places.qkv_weight = layout_.add(attention + "query.weight", {width, width}, true);
  layout_.add(attention + "key.weight", {width, width}, true);
  layout_.add(attention + "value.weight", {width, width}, true);
  places.qkv_bias = layout_.add(attention + "query.bias", {width}, false);
  layout_.add(attention + "key.bias", {width}, false);
  layout_.add(attention + "value.bias", {width}, false);
  const std::string output = name + "attention.output.";
  places.attention_weight = layout_.add(output + "dense.weight", {width, width}, true);
  places.attention_bias = layout_.add(output + "dense.bias", {width}, false);
  places.attention_gain = layout_.add(output + "LayerNorm.weight", {width}, false);
  places.attention_shift = layout_.add(output + "LayerNorm.bias", {width}, false);
  places.up_weight = layout_.add(name + "intermediate.dense.weight", {wide, width}, true);
  places.up_bias = layout_.add(name + "intermediate.dense.bias", {wide}, false);
  places.down_weight = layout_.add(name + "output.dense.weight", {width, wide}, true);
  places.down_bias = layout_.add(name + "output.dense.bias", {width}, false);
  places.output_gain = layout_.add(name + "output.LayerNorm.weight", {width}, false);
  places.output_shift = layout_.add(name + "output.LayerNorm.bias", {width}, false);
  return places;
}

const float* TrainableEncoder::forward(std::span<const float> parameters,
                                       const EncoderSequence& sequence, float dropout_rate,
                                       std::uint64_t dropout_seed, EncoderTape& tape) const {
  const auto width = static_cast<std::size_t>(config_.hidden_size);
  const auto per_piece = static_cast<std::size_t>(config_.features_per_piece);
  const auto& [ids, positions, features] = sequence;
  const std::size_t length = ids.size();
  assert(length > 0 && positions.size() == length && features.size() == length * per_piece);
  tape.ids.assign(ids.begin(), ids.end());
  tape.positions.assign(positions.begin(), positions.end());
  tape.features.assign(features.begin(), features.end());
  tape.dropout_rate = dropout_rate;
  tape.dropout_seed = dropout_seed;
  tape.layers.resize(layers_.size());
  float* sum = tape.embedding_sum.reserve(length * width);
  float* embedded = tape.embedded.reserve(length * width);
  for (std::size_t i = 0; i < length; ++i) {
    const float* word = &parameters[word_table_ + static_cast<std::size_t>(ids[i]) * width];
    const float* place =
        &parameters[position_table_ + static_cast<std::size_t>(positions[i]) * width];
    for (std::size_t k = 0; k < width; ++k) {
      sum[i * width + k] = word[k] + parameters[type_table_ + k] + place[k];
    }
    for (const std::int32_t feature : features.subspan(i * per_piece, per_piece)) {
      add(parameters.subspan(type_table_ + static_cast<std::size_t>(feature) * width, width),
          sum + i * width);
    }
  }
  layer_norm_forward(sum, length, norm_at(parameters, embedding_gain_, embedding_shift_, config_),
                     embedded);
  dropout(mask_seed(tape, 0), dropout_rate, {embedded, length * width});
  const float* hidden = embedded;
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    layer_forward(parameters, layers_[layer], hidden, layer, tape);
    hidden = tape.layers[layer].output.data();
  }
  return hidden;
}

void TrainableEncoder::layer_forward(std::span<const float> parameters, const LayerPlaces& places,
                                     const float* input, std::size_t layer,
                                     EncoderTape& tape) const {
  const auto width = static_cast<std::size_t>(config_.hidden_size);
  const auto wide = static_cast<std::size_t>(config_.intermediate_size);
  const auto num_heads = static_cast<std::size_t>(config_.num_heads);
  const std::size_t length = tape.ids.size();
  const std::size_t size = length * width;
  EncoderTape::Layer& kept = tape.layers[layer];
  const auto at = [&](std::size_t place) { return parameters.data() + place; };
  float* query_key_value = kept.query_key_value.reserve(3 * size);
  float* attention = kept.attention.reserve(num_heads * length * attention_stride(length));
  float* context = kept.context.reserve(size);
  float* attention_sum = kept.attention_sum.reserve(size);
  float* middle = kept.middle.reserve(size);
  float* before = kept.wide.reserve(length * wide);
  float* activated = kept.activated.reserve(length * wide);
  float* output_sum = kept.output_sum.reserve(size);
  float* output = kept.output.reserve(size);

  linear_forward(matrix(input, length, width), matrix(at(places.qkv_weight), 3 * width, width),
                 at(places.qkv_bias), matrix(query_key_value, length, 3 * width));
  attention_forward_keeping(query_key_value, length, {num_heads, width / num_heads}, attention,
                            context);
  linear_forward(matrix(static_cast<const float*>(context), length, width),
                 matrix(at(places.attention_weight), width, width), at(places.attention_bias),
                 matrix(attention_sum, length, width));
  dropout(mask_seed(tape, 1 + 2 * layer), tape.dropout_rate, {attention_sum, size});
  add({input, size}, attention_sum);
  layer_norm_forward(attention_sum, length,
                     norm_at(parameters, places.attention_gain, places.attention_shift, config_),
                     middle);
  linear_forward(matrix(static_cast<const float*>(middle), length, width),
                 matrix(at(places.up_weight), wide, width), at(places.up_bias),
                 matrix(before, length, wide));
  std::copy(before, before + length * wide, activated);
  gelu_forward({activated, length * wide});
  linear_forward(matrix(static_cast<const float*>(activated), length, wide),
                 matrix(at(places.down_weight), width, wide), at(places.down_bias),
                 matrix(output_sum, length, width));
  dropout(mask_seed(tape, 2 + 2 * layer), tape.dropout_rate, {output_sum, size});
  add({middle, size}, output_sum);
  layer_norm_forward(output_sum, length,
                     norm_at(parameters, places.output_gain, places.output_shift, config_), output);
}

void TrainableEncoder::backward(std::span<const float> parameters, const float* dhidden,
                                EncoderTape& tape, std::span<float> gradients) const {
  const auto width = static_cast<std::size_t>(config_.hidden_size);
  const std::size_t length = tape.ids.size();
  const std::size_t size = length * width;
  float* gradient = tape.dhidden.reserve(size);
  std::copy(dhidden, dhidden + size, gradient);
  for (std::size_t layer = layers_.size(); layer-- > 0;) {
    const float* input = layer > 0 ? tape.layers[layer - 1].output.data() : tape.embedded.data();
    layer_backward(parameters, layers_[layer], input, layer, tape, gradients);
  }
  dropout(mask_seed(tape, 0), tape.dropout_rate, {gradient, size});
  layer_norm_backward(tape.embedding_sum.data(), gradient, length,
                      norm_at(parameters, embedding_gain_, embedding_shift_, config_), gradient,
                      &gradients[embedding_gain_], &gradients[embedding_shift_]);
  for (std::size_t i = 0; i < length; ++i) {
    const std::span<const float> row(gradient + i * width, width);
    add(row, &gradients[word_table_ + static_cast<std::size_t>(tape.ids[i]) * width]);
    add(row, &gradients[position_table_ + static_cast<std::size_t>(tape.positions[i]) * width]);
    add(row, &gradients[type_table_]);
    const auto per_piece = static_cast<std::size_t>(config_.features_per_piece);
    for (std::size_t f = i * per_piece; f < (i + 1) * per_piece; ++f) {
      add(row, &gradients[type_table_ + static_cast<std::size_t>(tape.features[f]) * width]);
    }
  }
}

/// tape.dhidden: on entry dL/d(layer's output), on return dL/d(its input).
void TrainableEncoder::layer_backward(std::span<const float> parameters, const LayerPlaces& places,
                                      const float* input, std::size_t layer, EncoderTape& tape,
                                      std::span<float> gradients) const {
  const auto width = static_cast<std::size_t>(config_.hidden_size);
  const auto wide = static_cast<std::size_t>(config_.intermediate_size);
  const auto num_heads = static_cast<std::size_t>(config_.num_heads);
  const std::size_t length = tape.ids.size();
  const std::size_t size = length * width;
  const EncoderTape::Layer& kept = tape.layers[layer];
  const auto at = [&](std::size_t place) { return parameters.data() + place; };
  const auto into = [&](std::size_t place) { return gradients.data() + place; };
  float* dhidden = tape.dhidden.data();
  float* dbranch = tape.dbranch.reserve(size);
  float* dmiddle = tape.dmiddle.reserve(size);
  float* dwide = tape.dwide.reserve(length * wide);
  float* dqkv = tape.dquery_key_value.reserve(3 * size);

  layer_norm_backward(kept.output_sum.data(), dhidden, length,
                      norm_at(parameters, places.output_gain, places.output_shift, config_),
                      dmiddle, into(places.output_gain), into(places.output_shift));
  std::copy(dmiddle, dmiddle + size, dbranch);
  dropout(mask_seed(tape, 2 + 2 * layer), tape.dropout_rate, {dbranch, size});
  linear_backward(matrix(static_cast<const float*>(dbranch), length, width),
                  matrix(kept.activated.data(), length, wide),
                  matrix(at(places.down_weight), width, wide), matrix(dwide, length, wide),
                  matrix(into(places.down_weight), width, wide), into(places.down_bias));
  gelu_backward({kept.wide.data(), length * wide}, {dwide, length * wide});
  linear_backward(matrix(static_cast<const float*>(dwide), length, wide),
                  matrix(kept.middle.data(), length, width),
                  matrix(at(places.up_weight), wide, width), matrix(dbranch, length, width),
                  matrix(into(places.up_weight), wide, width), into(places.up_bias));
  add({dbranch, size}, dmiddle);

  layer_norm_backward(kept.attention_sum.data(), dmiddle, length,
                      norm_at(parameters, places.attention_gain, places.attention_shift, config_),
                      dhidden, into(places.attention_gain), into(places.attention_shift));
  std::copy(dhidden, dhidden + size, dbranch);
  dropout(mask_seed(tape, 1 + 2 * layer), tape.dropout_rate, {dbranch, size});
  linear_backward(matrix(static_cast<const float*>(dbranch), length, width),
                  matrix(kept.context.data(), length, width),
                  matrix(at(places.attention_weight), width, width), matrix(dmiddle, length, width),
                  matrix(into(places.attention_weight), width, width), into(places.attention_bias));
  attention_backward(dmiddle, kept.query_key_value.data(), kept.attention.data(), length,
                     {num_heads, width / num_heads}, tape.attention, dqkv);
  linear_backward(matrix(static_cast<const float*>(dqkv), length, 3 * width),
                  matrix(input, length, width), matrix(at(places.qkv_weight), 3 * width, width),
                  matrix(dbranch, length, width), matrix(into(places.qkv_weight), 3 * width, width),
                  into(places.qkv_bias));
  add({dbranch, size}, dhidden);
}

}  // namespace pith
