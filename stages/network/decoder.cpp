#include "stages/network/decoder.h"

#include <algorithm>
#include <exception>

#include "stages/model_files/tensor_files.h"
#include "stages/network/layers/rms_norm.h"
#include "stages/network/layers/rotary.h"
#include "stages/network/layers/swiglu.h"

namespace pith {
namespace {

/// Tokens that go through the layers together: enough for the products to be at their best, few
/// enough that memory does not grow with the text.
constexpr std::size_t kGroupRows = 256;

Result<std::shared_ptr<const Decoder>> decoder_of(const DecoderConfig& config,
                                                  const TensorSource& source) {
  auto weights = read_decoder_weights(config, source);
  if (!weights) return weights.error();
  return std::shared_ptr<const Decoder>(
      std::make_shared<const Decoder>(config, *std::move(weights)));
}

}  // namespace

Result<std::shared_ptr<const Decoder>> Decoder::open(const std::string& folder) {
  const auto config = read_decoder_config(folder);
  if (!config) return config.error();
  const auto files = TensorFiles::open_folder(folder);
  if (!files) return files.error();
  try {
    return decoder_of(*config, [&](const std::string& name, std::span<const std::uint64_t> shape) {
      auto numbers = files->floats(name, shape);
      for (const MappedFile& file : files->files()) file.release_pages();
      return numbers;
    });
  } catch (const std::exception& failed) {
    return Error{ErrorCode::kFileUnreadable, folder + ": " + failed.what()};
  }
}

Result<std::shared_ptr<const Decoder>> Decoder::from_parameters(const DecoderConfig& config,
                                                                const ParameterLayout& layout,
                                                                std::span<const float> parameters) {
  return decoder_of(
      config,
      [&](const std::string& name,
          std::span<const std::uint64_t> shape) -> Result<std::vector<float>> {
        const Parameter* found = layout.find(name);
        if (found == nullptr || !std::ranges::equal(found->shape, shape)) {
          return Error{ErrorCode::kInvalidArgument, name + ": missing or of another shape"};
        }
        const auto numbers = parameters.subspan(found->begin, found->size);
        return std::vector<float>(numbers.begin(), numbers.end());
      });
}

std::optional<Error> Decoder::invalid(std::span<const DecoderInput> inputs) const {
  const auto within = [](std::span<const std::int32_t> numbers, std::int32_t end) {
    return std::all_of(numbers.begin(), numbers.end(),
                       [end](std::int32_t number) { return number >= 0 && number < end; });
  };
  const auto fault = [](std::string what) {
    return Error{ErrorCode::kInvalidArgument, std::move(what)};
  };
  for (const DecoderInput& input : inputs) {
    if (input.ids.size() != input.positions.size()) {
      return fault("a sequence has as many positions as ids");
    }
    if (!within(input.ids, config_.vocab_size)) {
      return fault("a token id is outside the model's vocabulary: vocab_size=" +
                   std::to_string(config_.vocab_size));
    }
    if (!within(input.positions, config_.max_positions)) {
      return fault("a sequence is longer than the model allows: length_max=" +
                   std::to_string(config_.max_positions));
    }
    const auto same = [&](const DecoderInput& other) { return other.cache == input.cache; };
    if (std::count_if(inputs.begin(), inputs.end(), same) != 1) {
      return fault("a cache stands twice in one call");
    }
  }
  return std::nullopt;
}

Result<std::span<const float>> Decoder::forward(std::span<const DecoderInput> inputs,
                                                DecoderMemory& memory,
                                                const DecoderStop& stop) const {
  if (auto error = invalid(inputs)) return *std::move(error);
  std::vector<std::size_t> old_sizes;
  std::size_t num_logits = 0;
  for (const DecoderInput& input : inputs) {
    old_sizes.push_back(input.cache->size());
    input.cache->append(input.positions);
    num_logits += input.ids.size() - std::min(input.first_logits, input.ids.size());
  }
  const std::size_t size = num_logits * static_cast<std::size_t>(config_.vocab_size);
  float* logits = memory.logits.reserve(size);
  std::optional<Error> stopped;
  std::vector<Segment> group;
  std::size_t rows = 0;
  const auto flush = [&] {
    if (rows > 0 && !stopped) stopped = run(group, rows, stop, memory, logits);
    group.clear();
    rows = 0;
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    for (std::size_t first = 0; first < inputs[i].ids.size();) {
      const std::size_t count = std::min(kGroupRows - rows, inputs[i].ids.size() - first);
      group.push_back({&inputs[i], first, count, old_sizes[i], 0});
      first += count;
      rows += count;
      if (rows == kGroupRows) flush();
    }
  }
  flush();
  if (stopped) {
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i].cache->truncate(old_sizes[i]);
    return *std::move(stopped);
  }
  return std::span<const float>(memory.logits.data(), size);
}

std::optional<Error> Decoder::run(std::span<Segment> group, std::size_t rows,
                                  const DecoderStop& stop, DecoderMemory& memory,
                                  float*& logits) const {
  const auto width = static_cast<std::size_t>(config_.hidden_size);
  embed(group, rows, memory);
  for (std::size_t layer = 0; layer < weights_.layers.size(); ++layer) {
    if (stop) {
      if (auto reason = stop()) return reason;
    }
    attend(weights_.layers[layer], layer, group, rows, memory);
    feed_forward(weights_.layers[layer], rows, memory);
  }
  // Only tokens whose logits are asked for go through the head, the widest product of all.
  float* wanted = memory.normal.data();
  std::size_t num_wanted = 0;
  std::size_t row = 0;
  for (const Segment& segment : group) {
    for (std::size_t i = 0; i < segment.count; ++i, ++row) {
      if (segment.first + i < segment.input->first_logits) continue;
      std::copy_n(memory.hidden.data() + row * width, width, wanted + num_wanted++ * width);
    }
  }
  rms_norm_forward(wanted, num_wanted, weights_.output_gain, config_.rms_norm_eps, wanted);
  weights_.head.forward(wanted, num_wanted, logits, Into::kReplace, memory.packed);
  logits += num_wanted * weights_.head.out();
  return std::nullopt;
}

void Decoder::embed(std::span<Segment> group, std::size_t rows, DecoderMemory& memory) const {
  const auto width = static_cast<std::size_t>(config_.hidden_size);
  const auto head_size = static_cast<std::size_t>(config_.head_size);
  const auto wide = static_cast<std::size_t>(config_.intermediate_size);
  float* hidden = memory.hidden.reserve(rows * width);
  float* angles = memory.angles.reserve(rows * head_size);
  memory.normal.reserve(rows * width);
  memory.query_key_value.reserve(rows * weights_.layers.front().query_key_value.out());
  memory.context.reserve(rows * config_.query_width());
  memory.gate_up.reserve(rows * 2 * wide);
  memory.activated.reserve(rows * wide);
  memory.visible.clear();
  for (Segment& segment : group) {
    const DecoderInput& input = *segment.input;
    for (const std::int32_t id : input.ids.subspan(segment.first, segment.count)) {
      const auto word = static_cast<std::size_t>(id);
      if (weights_.word_table.empty()) {
        weights_.head.row(word, hidden);
      } else {
        std::copy_n(&weights_.word_table[word * width], width, hidden);
      }
      hidden += width;
    }
    rotary_angles(input.positions.subspan(segment.first, segment.count), head_size,
                  config_.rope_theta, angles);
    angles += segment.count * head_size;
    if (!input.sees) continue;
    segment.flags = memory.visible.size();
    memory.visible.resize(segment.flags + segment.count * segment.num_slots());
    std::uint8_t* flags = &memory.visible[segment.flags];
    for (std::size_t i = 0; i < segment.count; ++i, flags += segment.num_slots()) {
      const std::size_t row = segment.first + i;
      for (std::size_t slot = 0; slot < segment.old_size + row; ++slot) {
        flags[slot] = input.sees(row, slot) ? 1 : 0;
      }
    }
  }
}

void Decoder::attend(const DecoderLayerWeights& weights, std::size_t layer,
                     std::span<const Segment> group, std::size_t rows,
                     DecoderMemory& memory) const {
  const std::size_t query_width = config_.query_width();
  const std::size_t key_width = config_.key_width();
  const std::size_t stride = query_width + 2 * key_width;
  const auto head_size = static_cast<std::size_t>(config_.head_size);
  float* query_key_value = memory.query_key_value.data();
  rms_norm_forward(memory.hidden.data(), rows, weights.attention_gain, config_.rms_norm_eps,
                   memory.normal.data());
  weights.query_key_value.forward(memory.normal.data(), rows, query_key_value, Into::kReplace,
                                  memory.packed);
  // Queries and keys lie side by side: more heads to turn.
  rotate(query_key_value, rows, stride,
         static_cast<std::size_t>(config_.num_heads + config_.num_kv_heads), head_size,
         memory.angles.data(), Turn::kForth);
  const float* row = query_key_value;
  float* context = memory.context.data();
  for (const Segment& segment : group) {
    DecoderCache& cache = *segment.input->cache;
    const std::size_t first_slot = segment.old_size + segment.first;
    for (std::size_t i = 0; i < segment.count; ++i) {
      const float* key = row + i * stride + query_width;
      store_key_value(cache.heads(), key, key + key_width, first_slot + i, cache.blocks(layer));
    }
    VisibleSlots visible;
    if (segment.input->sees) visible = {&memory.visible[segment.flags], segment.num_slots()};
    cached_attention(row, segment.count, stride, cache.heads(), cache.blocks(layer), first_slot,
                     visible, memory.attention, context);
    row += segment.count * stride;
    context += segment.count * query_width;
  }
  weights.attention_output.forward(memory.context.data(), rows, memory.hidden.data(), Into::kAdd,
                                   memory.packed);
}

void Decoder::feed_forward(const DecoderLayerWeights& weights, std::size_t rows,
                           DecoderMemory& memory) const {
  rms_norm_forward(memory.hidden.data(), rows, weights.feed_forward_gain, config_.rms_norm_eps,
                   memory.normal.data());
  weights.gate_up.forward(memory.normal.data(), rows, memory.gate_up.data(), Into::kReplace,
                          memory.packed);
  swiglu_forward(memory.gate_up.data(), rows, static_cast<std::size_t>(config_.intermediate_size),
                 memory.activated.data());
  weights.down.forward(memory.activated.data(), rows, memory.hidden.data(), Into::kAdd,
                       memory.packed);
}

}  // namespace pith
