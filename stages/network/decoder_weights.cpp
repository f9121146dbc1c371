#include "stages/network/decoder_weights.h"

#include <initializer_list>
#include <optional>

namespace pith {
namespace {

/// Asks for tensors until one fails; the first error stays.
class TensorReader {
 public:
  explicit TensorReader(const TensorSource& source) : source_(source) {}

  std::vector<float> floats(const std::string& name, std::initializer_list<std::uint64_t> shape) {
    if (error_) return {};
    auto numbers = source_(name, std::span(shape.begin(), shape.size()));
    if (numbers) return *std::move(numbers);
    error_ = numbers.error();
    return {};
  }

  struct Part {
    const char* name;
    std::uint64_t out;
  };
  /// Several weights of the same input one below the other: x is read once.
  PanelMatrix linear(const std::string& prefix, std::uint64_t in,
                     std::initializer_list<Part> parts) {
    std::vector<float> weight;
    std::size_t out = 0;
    for (const Part& part : parts) {
      std::vector<float> rows = floats(prefix + part.name + ".weight", {part.out, in});
      out += part.out;
      if (weight.empty()) {
        weight = std::move(rows);
      } else {
        weight.insert(weight.end(), rows.begin(), rows.end());
      }
    }
    return error_ ? PanelMatrix() : PanelMatrix(weight, in, out);
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  const TensorSource& source_;
  std::optional<Error> error_;
};

DecoderLayerWeights read_layer(TensorReader& reader, const std::string& name,
                               const DecoderConfig& config) {
  const auto width = static_cast<std::uint64_t>(config.hidden_size);
  const auto wide = static_cast<std::uint64_t>(config.intermediate_size);
  const std::uint64_t key_width = config.key_width();
  const std::string attention = name + "self_attn.";
  const std::string feed_forward = name + "mlp.";
  DecoderLayerWeights layer;
  layer.attention_gain = reader.floats(name + "input_layernorm.weight", {width});
  layer.query_key_value = reader.linear(
      attention, width,
      {{"q_proj", config.query_width()}, {"k_proj", key_width}, {"v_proj", key_width}});
  layer.attention_output = reader.linear(attention, config.query_width(), {{"o_proj", width}});
  layer.feed_forward_gain = reader.floats(name + "post_attention_layernorm.weight", {width});
  layer.gate_up = reader.linear(feed_forward, width, {{"gate_proj", wide}, {"up_proj", wide}});
  layer.down = reader.linear(feed_forward, wide, {{"down_proj", width}});
  return layer;
}

}  // namespace

Result<DecoderWeights> read_decoder_weights(const DecoderConfig& config,
                                            const TensorSource& source) {
  TensorReader reader(source);
  const auto width = static_cast<std::uint64_t>(config.hidden_size);
  const auto vocab_size = static_cast<std::uint64_t>(config.vocab_size);
  DecoderWeights weights;
  std::vector<float> words = reader.floats("model.embed_tokens.weight", {vocab_size, width});
  for (std::int32_t layer = 0; layer < config.num_layers && !reader.error(); ++layer) {
    weights.layers.push_back(
        read_layer(reader, "model.layers." + std::to_string(layer) + ".", config));
  }
  weights.output_gain = reader.floats("model.norm.weight", {width});
  if (reader.error()) return *reader.error();
  if (config.tied_head) {
    weights.head = PanelMatrix(words, width, vocab_size);
    return weights;
  }
  weights.head = reader.linear("", width, {{"lm_head", vocab_size}});
  if (reader.error()) return *reader.error();
  weights.word_table = std::move(words);
  return weights;
}

}  // namespace pith
