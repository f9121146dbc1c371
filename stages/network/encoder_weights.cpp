#include "stages/network/encoder_weights.h"

#include <array>
#include <optional>

namespace pith {
namespace {

using Shape = std::vector<std::uint64_t>;

/// Reads tensors until one fails; the first error stays.
class TensorReader {
 public:
  TensorReader(const TensorFiles& files, std::string prefix)
      : files_(files), prefix_(std::move(prefix)) {}

  std::vector<float> floats(const std::string& name, const Shape& shape) {
    if (error_) return {};
    auto numbers = files_.floats(name, shape);
    if (!numbers) {
      error_ = numbers.error();
      return {};
    }
    return *std::move(numbers);
  }
  TensorView view(const std::string& name, const Shape& shape) {
    if (error_) return {};
    auto view = files_.view(prefix_ + name, shape);
    if (!view) {
      error_ = view.error();
      return {};
    }
    return *std::move(view);
  }
  std::vector<float> body(const std::string& name, const Shape& shape) {
    return floats(prefix_ + name, shape);
  }
  NormWeights norm(const std::string& name, std::uint64_t width, float epsilon) {
    return {body(name + ".weight", {width}), body(name + ".bias", {width}), epsilon};
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  const TensorFiles& files_;
  std::string prefix_;
  std::optional<Error> error_;
};

struct Plans {
  std::shared_ptr<const MatmulPlan> query_key_value, attention_output, up, down;
};

Plans plans_for(const EncoderConfig& config, const LayerPrecision& precision) {
  const auto hidden = static_cast<std::size_t>(config.hidden_size);
  const auto wide = static_cast<std::size_t>(config.intermediate_size);
  const auto plan = [](std::size_t in, std::size_t out, Precision how) {
    return std::make_shared<const MatmulPlan>(in, out, how);
  };
  return {plan(hidden, 3 * hidden, precision.query_key_value),
          plan(hidden, hidden, precision.attention_output), plan(hidden, wide, precision.up),
          plan(wide, hidden, precision.down)};
}

Result<PackedLinear> linear(TensorReader& reader, const std::string& name, std::uint64_t in,
                            std::uint64_t out, const std::shared_ptr<const MatmulPlan>& plan) {
  const std::vector<float> weight = reader.body(name + ".weight", {out, in});
  const std::vector<float> bias = reader.body(name + ".bias", {out});
  if (reader.error()) return *reader.error();
  return PackedLinear(plan, weight, bias);
}

/// Queries, keys and values in one product: x is read once.
Result<PackedLinear> query_key_value(TensorReader& reader, const std::string& name,
                                     std::uint64_t width,
                                     const std::shared_ptr<const MatmulPlan>& plan) {
  std::vector<float> weight;
  std::vector<float> bias;
  for (const char* part : {"query", "key", "value"}) {
    const std::vector<float> rows = reader.body(name + part + ".weight", {width, width});
    const std::vector<float> numbers = reader.body(name + part + ".bias", {width});
    if (reader.error()) return *reader.error();
    weight.insert(weight.end(), rows.begin(), rows.end());
    bias.insert(bias.end(), numbers.begin(), numbers.end());
  }
  return PackedLinear(plan, weight, bias);
}

Result<EncoderLayerWeights> read_layer(TensorReader& reader, const std::string& name,
                                       const EncoderConfig& config, const Plans& plans) {
  const auto width = static_cast<std::uint64_t>(config.hidden_size);
  const auto wide = static_cast<std::uint64_t>(config.intermediate_size);
  const float epsilon = config.layer_norm_eps;
  auto first = query_key_value(reader, name + "attention.self.", width, plans.query_key_value);
  if (!first) return first.error();
  auto second =
      linear(reader, name + "attention.output.dense", width, width, plans.attention_output);
  if (!second) return second.error();
  auto up = linear(reader, name + "intermediate.dense", width, wide, plans.up);
  if (!up) return up.error();
  auto down = linear(reader, name + "output.dense", wide, width, plans.down);
  if (!down) return down.error();
  NormWeights attention_norm = reader.norm(name + "attention.output.LayerNorm", width, epsilon);
  NormWeights output_norm = reader.norm(name + "output.LayerNorm", width, epsilon);
  if (reader.error()) return *reader.error();
  return EncoderLayerWeights{*std::move(first), *std::move(second), std::move(attention_norm),
                             *std::move(up),    *std::move(down),   std::move(output_norm)};
}

}  // namespace

Result<EncoderWeights> read_encoder_weights(const std::string& folder, const EncoderConfig& config,
                                            const LayerPrecision& precision) {
  auto files = TensorFiles::open_folder(folder);
  if (!files) return files.error();
  EncoderWeights weights;
  weights.files = *std::move(files);
  const std::string prefix = config.kind == EncoderKind::kBert ? "bert." : "roberta.";
  TensorReader reader(weights.files, prefix);
  const auto width = static_cast<std::uint64_t>(config.hidden_size);
  const auto count = [](std::int32_t n) { return static_cast<std::uint64_t>(n); };
  const std::string tables = "embeddings.";
  weights.word_table =
      reader.view(tables + "word_embeddings.weight", {count(config.vocab_size), width});
  weights.position_table =
      reader.view(tables + "position_embeddings.weight", {count(config.max_positions), width});
  weights.type_table =
      reader.body(tables + "token_type_embeddings.weight", {count(config.type_vocab_size), width});
  weights.embedding_norm = reader.norm(tables + "LayerNorm", width, config.layer_norm_eps);
  weights.classifier = reader.floats("classifier.weight", {count(config.num_labels), width});
  weights.classifier_bias = reader.floats("classifier.bias", {count(config.num_labels)});
  if (reader.error()) return *reader.error();

  const Plans plans = plans_for(config, precision);
  for (std::int32_t layer = 0; layer < config.num_layers; ++layer) {
    auto read = read_layer(reader, "encoder.layer." + std::to_string(layer) + ".", config, plans);
    if (!read) return read.error();
    weights.layers.push_back(*std::move(read));
    // What is packed has been copied: a large model would otherwise be in memory twice.
    for (const MappedFile& file : weights.files.files()) file.release_pages();
  }
  return weights;
}

}  // namespace pith
