#include "stages/network/encoder.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <exception>
#include <mutex>

#include "stages/network/encoder_weights.h"
#include "stages/network/layers/attention.h"
#include "stages/network/layers/gelu.h"
#include "stages/network/one_thread.h"

namespace pith {
namespace {

/// Sequences are taken together up to this many rows: enough for the products to be at their best,
/// few enough for a layer's activations to stay in the cache.
constexpr std::size_t kGroupRows = 512;

/// What int8 products may change of a probability, on any text.
constexpr double kInt8ChangeMax = 0.02;

std::size_t padded_rows(std::size_t rows) {
  constexpr std::size_t kStep = MatmulPlan::kRowsMax;
  return (rows + kStep - 1) / kStep * kStep;
}

/// Activations of one group, [padded_rows, ...] each.
struct WorkingMemory {
  AlignedBuffer<float> hidden;           ///< [rows, hidden_size]: what goes from layer to layer.
  AlignedBuffer<float> query_key_value;  ///< [rows, 3 hidden_size]
  AlignedBuffer<float> context;          ///< [rows, hidden_size]: what attention gives.
  AlignedBuffer<float> projected;        ///< [kRowsMax, hidden_size]
  AlignedBuffer<float> wide;             ///< [kRowsMax, intermediate_size]
  AttentionMemory attention;
  LinearMemory linear;
  std::vector<float> position;  ///< [hidden_size]
};

/// Working memories that no call uses now.
class MemoryPool {
 public:
  std::unique_ptr<WorkingMemory> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<WorkingMemory>();
    std::unique_ptr<WorkingMemory> memory = std::move(idle_.back());
    idle_.pop_back();
    return memory;
  }
  void give_back(std::unique_ptr<WorkingMemory> memory) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(memory));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<WorkingMemory>> idle_;
};

std::string description(const LayerPrecision& products) {
  std::string text;
  for (const auto& [name, precision] :
       {std::pair{"query_key_value", products.query_key_value},
        std::pair{"attention_output", products.attention_output}, std::pair{"up", products.up},
        std::pair{"down", products.down}}) {
    text +=
        (text.empty() ? "" : ", ") + std::string(name) + " " + std::string(to_string(precision));
  }
  return text;
}

class PackedEncoder final : public Encoder {
 public:
  PackedEncoder(EncoderConfig config, Precision precision, const LayerPrecision& products,
                EncoderWeights weights)
      : config_(config),
        precision_(precision),
        products_(description(products)),
        weights_(std::move(weights)) {}
  /// Errors as Encoder::open.
  static Result<std::shared_ptr<const Encoder>> load(const std::string& folder,
                                                     const EncoderConfig& config,
                                                     Precision precision,
                                                     const LayerPrecision& products);

  const EncoderConfig& config() const override { return config_; }
  Precision precision() const override { return precision_; }
  const std::string& products() const override { return products_; }
  Result<std::vector<float>> forward(std::span<const EncoderSequence> sequences,
                                     const StopCheck& stop) const override;

 private:
  using Group = std::span<const EncoderSequence>;
  std::size_t hidden_size() const { return static_cast<std::size_t>(config_.hidden_size); }
  std::optional<Error> invalid(const EncoderSequence& sequence) const;
  std::optional<Error> run(Group group, std::size_t rows, const StopCheck& stop,
                           WorkingMemory& memory, float* logits) const;
  void embed(Group group, WorkingMemory& memory) const;
  void attend(const EncoderLayerWeights& layer, Group group, std::size_t rows,
              WorkingMemory& memory) const;
  void feed_forward(const EncoderLayerWeights& layer, std::size_t rows,
                    WorkingMemory& memory) const;
  void classify(const float* hidden, std::size_t rows, float* logits) const;

  EncoderConfig config_;
  Precision precision_;
  std::string products_;
  EncoderWeights weights_;
  mutable MemoryPool pool_;
};

std::optional<Error> PackedEncoder::invalid(const EncoderSequence& sequence) const {
  const auto within = [](std::span<const std::int32_t> numbers, std::int32_t end) {
    return std::all_of(numbers.begin(), numbers.end(),
                       [end](std::int32_t number) { return number >= 0 && number < end; });
  };
  if (sequence.ids.size() != sequence.positions.size()) {
    return Error{ErrorCode::kInvalidArgument, "a sequence has as many positions as ids"};
  }
  const auto per_piece = static_cast<std::size_t>(config_.features_per_piece);
  if (sequence.features.size() != sequence.ids.size() * per_piece ||
      !within(sequence.features, config_.type_vocab_size)) {
    return Error{ErrorCode::kInvalidArgument, "a sequence's features are not the model's"};
  }
  if (!within(sequence.ids, config_.vocab_size)) {
    return Error{ErrorCode::kInvalidArgument,
                 "a token id is outside the model's vocabulary: vocab_size=" +
                     std::to_string(config_.vocab_size)};
  }
  if (!within(sequence.positions, config_.max_positions)) {
    return Error{ErrorCode::kInvalidArgument,
                 "a sequence is longer than the model allows: length_max=" +
                     std::to_string(config_.length_max())};
  }
  return std::nullopt;
}

Result<std::vector<float>> PackedEncoder::forward(std::span<const EncoderSequence> sequences,
                                                  const StopCheck& stop) const {
  std::size_t total = 0;
  for (const EncoderSequence& sequence : sequences) {
    if (auto error = invalid(sequence)) return *std::move(error);
    total += sequence.ids.size();
  }
  use_one_thread();
  const auto num_labels = static_cast<std::size_t>(config_.num_labels);
  std::vector<float> logits(total * num_labels);
  std::unique_ptr<WorkingMemory> memory = pool_.take();
  std::optional<Error> stopped;
  std::size_t done = 0;
  for (std::size_t first = 0; first < sequences.size() && !stopped;) {
    std::size_t last = first;
    std::size_t rows = 0;
    do {
      rows += sequences[last++].ids.size();
    } while (last < sequences.size() && rows + sequences[last].ids.size() <= kGroupRows);
    stopped = run(sequences.subspan(first, last - first), rows, stop, *memory,
                  logits.data() + done * num_labels);
    done += rows;
    first = last;
  }
  pool_.give_back(std::move(memory));
  if (stopped) return *std::move(stopped);
  return logits;
}

std::optional<Error> PackedEncoder::run(Group group, std::size_t rows, const StopCheck& stop,
                                        WorkingMemory& memory, float* logits) const {
  if (rows == 0) return std::nullopt;
  const std::size_t room = padded_rows(rows);
  const auto wide = static_cast<std::size_t>(config_.intermediate_size);
  memory.hidden.reserve(room * hidden_size());
  memory.query_key_value.reserve(room * 3 * hidden_size());
  memory.context.reserve(room * hidden_size());
  memory.projected.reserve(MatmulPlan::kRowsMax * hidden_size());
  memory.wide.reserve(MatmulPlan::kRowsMax * wide);
  embed(group, memory);
  for (const EncoderLayerWeights& layer : weights_.layers) {
    if (stop) {
      if (auto reason = stop()) return reason;
    }
    attend(layer, group, rows, memory);
    feed_forward(layer, rows, memory);
  }
  classify(memory.hidden.data(), rows, logits);
  return std::nullopt;
}

void PackedEncoder::embed(Group group, WorkingMemory& memory) const {
  const std::size_t width = hidden_size();
  float* hidden = memory.hidden.data();
  const auto per_piece = static_cast<std::size_t>(config_.features_per_piece);
  std::vector<float>& position = memory.position;
  position.resize(width);
  float* row = hidden;
  for (const EncoderSequence& sequence : group) {
    for (std::size_t i = 0; i < sequence.ids.size(); ++i, row += width) {
      const auto at = [&](std::int32_t index) { return static_cast<std::uint64_t>(index) * width; };
      widen(weights_.word_table, at(sequence.ids[i]), {row, width});
      widen(weights_.position_table, at(sequence.positions[i]), position);
      for (std::size_t k = 0; k < width; ++k) {
        row[k] += weights_.type_table[k];
        row[k] += position[k];
      }
      for (const std::int32_t feature : sequence.features.subspan(i * per_piece, per_piece)) {
        const float* added = &weights_.type_table[at(feature)];
        for (std::size_t k = 0; k < width; ++k) row[k] += added[k];
      }
    }
  }
  layer_norm_forward(hidden, static_cast<std::size_t>(row - hidden) / width,
                     weights_.embedding_norm.view(), hidden);
}

void PackedEncoder::attend(const EncoderLayerWeights& layer, Group group, std::size_t rows,
                           WorkingMemory& memory) const {
  const std::size_t width = hidden_size();
  const auto num_heads = static_cast<std::size_t>(config_.num_heads);
  const AttentionShape shape = {num_heads, width / num_heads};
  float* query_key_value = memory.query_key_value.data();
  layer.query_key_value.forward(memory.hidden.data(), rows, memory.linear, query_key_value);
  const bool narrow = precision_ != Precision::kFloat32 && cpu_has_bfloat16();
  std::size_t first = 0;
  for (const EncoderSequence& sequence : group) {
    const std::size_t length = sequence.ids.size();
    if (length == 0) continue;
    (narrow ? attention_forward_bfloat16 : attention_forward)(
        query_key_value + first * 3 * width, length, shape, memory.attention,
        memory.context.data() + first * width);
    first += length;
  }
}

/// Rows only meet in attention: the rest of the layer goes block by block, while a block is in the
/// cache.
void PackedEncoder::feed_forward(const EncoderLayerWeights& layer, std::size_t rows,
                                 WorkingMemory& memory) const {
  const std::size_t width = hidden_size();
  const auto wide_size = static_cast<std::size_t>(config_.intermediate_size);
  float* projected = memory.projected.data();
  float* wide = memory.wide.data();
  for (std::size_t first = 0; first < rows; first += MatmulPlan::kRowsMax) {
    const std::size_t count = std::min(MatmulPlan::kRowsMax, rows - first);
    float* hidden = memory.hidden.data() + first * width;
    layer.attention_output.forward(memory.context.data() + first * width, count, memory.linear,
                                   projected);
    add_layer_norm_forward(projected, hidden, count, layer.attention_norm.view(), hidden);
    layer.up.forward(hidden, count, memory.linear, wide);
    gelu_forward({wide, count * wide_size});
    layer.down.forward(wide, count, memory.linear, projected);
    add_layer_norm_forward(projected, hidden, count, layer.output_norm.view(), hidden);
  }
}

void PackedEncoder::classify(const float* hidden, std::size_t rows, float* logits) const {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Index width = config_.hidden_size;
  const Eigen::Index num_labels = config_.num_labels;
  const Eigen::Map<const Matrix> weight(weights_.classifier.data(), num_labels, width);
  const Eigen::Map<const Eigen::VectorXf> bias(weights_.classifier_bias.data(), num_labels);
  // Row by row: a row's logits must not depend on how many there are.
  for (std::size_t row = 0; row < rows; ++row, hidden += width, logits += num_labels) {
    const Eigen::Map<const Eigen::VectorXf> token(hidden, width);
    Eigen::Map<Eigen::VectorXf>(logits, num_labels) = weight.lazyProduct(token) + bias;
  }
}

Result<std::shared_ptr<const Encoder>> PackedEncoder::load(const std::string& folder,
                                                           const EncoderConfig& config,
                                                           Precision precision,
                                                           const LayerPrecision& products) {
  try {
    auto weights = read_encoder_weights(folder, config, products);
    if (!weights) return weights.error();
    return std::shared_ptr<const Encoder>(
        std::make_shared<PackedEncoder>(config, precision, products, *std::move(weights)));
  } catch (const std::exception& failed) {
    return Error{ErrorCode::kFileUnreadable, folder + ": " + failed.what()};
  }
}

/// Pseudo-random ids from all of the vocabulary, always the same.
std::vector<std::int32_t> probe_ids(const EncoderConfig& config) {
  constexpr std::int32_t kLength = 256;
  std::vector<std::int32_t> ids(static_cast<std::size_t>(std::min(kLength, config.length_max())));
  std::uint32_t state = 1;
  for (std::int32_t& id : ids) {
    state = state * 1664525U + 1013904223U;
    id = static_cast<std::int32_t>((state >> 8U) % static_cast<std::uint32_t>(config.vocab_size));
  }
  return ids;
}

/// softmax(logits)[label], of every token and label.
std::vector<float> probabilities(std::vector<float> logits, std::size_t num_labels) {
  for (std::size_t first = 0; first < logits.size(); first += num_labels) {
    const std::span<float> token(logits.data() + first, num_labels);
    const float largest = *std::max_element(token.begin(), token.end());
    float sum = 0.0F;
    for (float& value : token) sum += value = std::exp(value - largest);
    for (float& value : token) value /= sum;
  }
  return logits;
}

Result<std::vector<float>> probe(const Encoder& encoder) {
  const std::vector<std::int32_t> ids = probe_ids(encoder.config());
  const std::vector<std::int32_t> positions = position_ids(encoder.config(), ids);
  std::vector<std::int32_t> features(ids.size() *
                                     static_cast<std::size_t>(encoder.config().features_per_piece));
  for (std::size_t i = 0; i < features.size(); ++i) {
    features[i] = static_cast<std::int32_t>(i) % encoder.config().type_vocab_size;
  }
  const EncoderSequence sequence = {ids, positions, features};
  auto logits = encoder.forward({&sequence, 1});
  if (!logits) return logits.error();
  return probabilities(*std::move(logits), static_cast<std::size_t>(encoder.config().num_labels));
}

/// The change of a probability that no text should exceed, judged by a sample of tokens: the mean
/// change and six standard deviations, of the label where that is most. A sample of a few hundred
/// does not meet the worst itself. Not a number where a probability is none.
double expected_worst_change(std::span<const float> before, std::span<const float> after,
                             std::size_t num_labels) {
  constexpr double kDeviations = 6.0;
  const double count = static_cast<double>(before.size() / num_labels);
  double worst = 0;
  for (std::size_t label = 0; label < num_labels; ++label) {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = label; i < before.size(); i += num_labels) {
      const double change = static_cast<double>(after[i]) - before[i];
      sum += change;
      squares += change * change;
    }
    const double mean = sum / count;
    const double variance = std::max(0.0, squares / count - mean * mean);
    const double change = std::abs(mean) + kDeviations * std::sqrt(variance);
    if (!(change <= worst)) worst = change;  // also what is not a number
  }
  return worst;
}

/// The fastest mixture of int8 and a wider type that keeps the probabilities: all of it, all but
/// the expansion of the feed-forward part (whose errors weigh most), none.
Result<std::shared_ptr<const Encoder>> load_int8(const std::string& folder,
                                                 const EncoderConfig& config) {
  constexpr Precision kNarrow = Precision::kInt8;
  const Precision wide = cpu_has_bfloat16() ? Precision::kBfloat16 : Precision::kFloat32;
  std::vector<float> expected;
  {
    auto exact = PackedEncoder::load(folder, config, Precision::kFloat32, {});
    if (!exact) return exact.error();
    auto probed = probe(**exact);
    if (!probed) return probed.error();
    expected = *std::move(probed);
  }
  for (const LayerPrecision& mixture : {LayerPrecision{kNarrow, kNarrow, kNarrow, kNarrow},
                                        LayerPrecision{kNarrow, kNarrow, wide, kNarrow}}) {
    auto encoder = PackedEncoder::load(folder, config, kNarrow, mixture);
    if (!encoder) return encoder.error();
    const auto actual = probe(**encoder);
    if (!actual) return actual.error();
    const auto num_labels = static_cast<std::size_t>(config.num_labels);
    if (expected_worst_change(expected, *actual, num_labels) <= kInt8ChangeMax) return encoder;
  }
  return PackedEncoder::load(folder, config, kNarrow, {wide, wide, wide, wide});
}

}  // namespace

std::vector<std::int32_t> position_ids(const EncoderConfig& config,
                                       std::span<const std::int32_t> ids) {
  std::vector<std::int32_t> positions(ids.size());
  const bool from_padding = config.kind == EncoderKind::kXlmRoberta;
  std::int32_t next = from_padding ? config.pad_id + 1 : 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    positions[i] = from_padding && ids[i] == config.pad_id ? config.pad_id : next++;
  }
  return positions;
}

Result<std::shared_ptr<const Encoder>> Encoder::open(const std::string& folder,
                                                     Precision precision) {
  if (precision == Precision::kBfloat16 && !cpu_has_bfloat16()) {
    return Error{ErrorCode::kInvalidArgument,
                 "precision bfloat16: this CPU has no instructions for it"};
  }
  auto config = read_encoder_config(folder);
  if (!config) return config.error();
  if (precision == Precision::kInt8) return load_int8(folder, *config);
  return PackedEncoder::load(folder, *config, precision,
                             {precision, precision, precision, precision});
}

}  // namespace pith
