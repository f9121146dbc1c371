#include "apps/train/rl/trainable_policy.h"

#include <algorithm>

#include "apps/train/rl/trainable_encoder_policy.h"
#include "apps/train/rl/trainable_linear_policy.h"
#include "stages/score/keep_policy.h"
#include "stages/score/word_logits.h"

namespace pith {
namespace {

/// Tokens that end in each word. A word where none ends is not free: what it shares costs, too.
std::vector<float> costs_of(const PolicyText& text, const TokenCounter& reader) {
  constexpr float kLeast = 0.25F;
  const auto& words = text.segment.words;
  std::vector<float> cost(words.size(), 0.0F);
  std::size_t word = 0;
  for (const std::uint32_t end : reader.token_ends(text.text)) {
    while (word < words.size() && words[word].end < end) ++word;
    if (word < words.size() && words[word].begin < end) cost[word] += 1.0F;
  }
  for (float& each : cost) each = std::max(each, kLeast);
  return cost;
}

}  // namespace

Result<std::unique_ptr<TrainablePolicy>> TrainablePolicy::open(const std::string& path) {
  const auto kind = policy_kind(path);
  if (!kind) return kind.error();
  if (*kind == PolicyKind::kNgram) {
    return Error{ErrorCode::kInvalidArgument,
                 path +
                     ": an n-gram policy has no weights to train; a linear policy's file or an "
                     "encoder's folder has, as pith-linear and pith-small"};
  }
  if (*kind == PolicyKind::kLinear) {
    auto linear = TrainableLinearPolicy::open(path);
    if (!linear) return linear.error();
    return std::unique_ptr<TrainablePolicy>(std::move(*linear));
  }
  auto encoder = TrainableEncoderPolicy::open(path);
  if (!encoder) return encoder.error();
  return std::unique_ptr<TrainablePolicy>(std::move(*encoder));
}

PolicyText TrainablePolicy::read(std::string_view text, const TokenCounter& reader,
                                 std::string_view query) const {
  PolicyText made =
      read(text, split_words(text, {0, static_cast<std::uint32_t>(text.size())}), query);
  made.segment.origin_tokens = reader.count(text);
  made.cost = costs_of(made, reader);
  return made;
}

PolicyText TrainablePolicy::read(std::string_view text, std::vector<Word> words,
                                 std::string_view query) const {
  PolicyText made;
  made.text = text;
  made.query = query;
  made.segment.words = std::move(words);
  made.segment.structure.regions.push_back(
      {{0, static_cast<std::uint32_t>(text.size())}, RegionKind::kProse});
  if (!made.segment.words.empty()) see(made);
  return made;
}

std::vector<float> TrainablePolicy::word_scores(const PolicyText& text,
                                                std::span<const float> piece_logits) const {
  constexpr float kMost = 30.0F;  // Where there are no pieces they are infinite.
  std::vector<float> z = word_logits(text.segment, piece_logits);
  for (std::size_t word = 0; word < text.offsets.size(); ++word) z[word] += text.offsets[word];
  for (float& value : z) value = std::clamp(value, -kMost, kMost);
  return z;
}

std::vector<float> TrainablePolicy::whole_logits(const PolicyText& text,
                                                 std::vector<float> piece_logits) {
  for (std::size_t i = 0; i < piece_logits.size(); ++i) {
    const std::uint32_t word = text.segment.word_of_piece[i];
    if (word < text.offsets.size()) piece_logits[i] += text.offsets[word];
  }
  return piece_logits;
}

}  // namespace pith
