// Logits and caches of the reference's own Llama decoder, ../shared/golden.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <numeric>

#include "stages/model_files/tensor_files.h"
#include "stages/network/decoder.h"

namespace pith {
namespace {

const std::string kModels = std::string(PITH_SHARED) + "/golden/models/";
constexpr float kLimit = 1e-4F;  // the vectors' own tolerance is 1e-3

template <class Number>
std::vector<Number> numbers_of(const TensorView& view) {
  std::vector<Number> numbers(view.bytes.size() / sizeof(Number));
  std::memcpy(numbers.data(), view.bytes.data(), view.bytes.size());
  return numbers;
}

std::vector<std::int32_t> counted(std::size_t first, std::size_t count) {
  std::vector<std::int32_t> positions(count);
  std::iota(positions.begin(), positions.end(), static_cast<std::int32_t>(first));
  return positions;
}

/// The largest difference between `expected` and the last of `actual`.
float worst_of(std::span<const float> expected, std::span<const float> actual) {
  EXPECT_GE(actual.size(), expected.size());
  if (actual.size() < expected.size()) return 1e30F;
  actual = actual.last(expected.size());
  float worst = 0.0F;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    worst = std::max(worst, std::abs(expected[i] - actual[i]));
  }
  return worst;
}

class DecoderGolden : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const std::string folder = kModels + GetParam();
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no ../shared/golden";
    auto decoder = Decoder::open(folder);
    ASSERT_TRUE(decoder) << decoder.error().detail;
    decoder_ = *decoder;
    auto files = TensorFiles::open_file(folder + "/golden.safetensors");
    ASSERT_TRUE(files) << files.error().detail;
    golden_.emplace(*std::move(files));
  }
  std::vector<float> floats(const std::string& name) const {
    return numbers_of<float>(*golden_->find(name));
  }
  std::vector<std::int32_t> ids(const std::string& name) const {
    const auto wide = numbers_of<std::int64_t>(*golden_->find(name));
    return {wide.begin(), wide.end()};
  }
  std::size_t rows(const std::string& name) const { return golden_->find(name)->shape[0]; }

  /// Logits of all tokens of `ids`, appended to `cache`.
  std::vector<float> pass(std::span<const std::int32_t> ids,
                          std::span<const std::int32_t> positions, DecoderCache& cache,
                          const SeesSlot& sees = {}) {
    const DecoderInput input = {&cache, ids, positions, 0, sees};
    const auto logits = decoder_->forward({&input, 1}, memory_);
    EXPECT_TRUE(logits) << logits.error().detail;
    return {logits->begin(), logits->end()};
  }

  std::shared_ptr<const Decoder> decoder_;
  std::optional<TensorFiles> golden_;
  DecoderMemory memory_;
};

TEST_P(DecoderGolden, PlainLogitsAreTheReferences) {
  for (int i = 0; i < 5; ++i) {
    const std::string name = "plain" + std::to_string(i);
    SCOPED_TRACE(name);
    const auto tokens = ids(name + ".input_ids");
    DecoderCache cache(decoder_->config());
    const auto logits = pass(tokens, counted(0, tokens.size()), cache);
    EXPECT_LT(worst_of(floats(name + ".logits"), logits), kLimit);
  }
}

TEST_P(DecoderGolden, TokenByTokenTheLogitsAreTheSameToTheBit) {
  for (int i = 0; i < 5; ++i) {
    const std::string name = "plain" + std::to_string(i);
    SCOPED_TRACE(name);
    const auto tokens = ids(name + ".input_ids");
    DecoderCache whole(decoder_->config());
    const auto expected = pass(tokens, counted(0, tokens.size()), whole);
    DecoderCache cache(decoder_->config());
    std::vector<float> actual;
    for (const std::int32_t id : tokens) {
      const std::int32_t position = cache.next_position();
      const auto logits = pass({&id, 1}, {&position, 1}, cache);
      actual.insert(actual.end(), logits.begin(), logits.end());
    }
    EXPECT_LT(worst_of(floats(name + ".logits"), actual), kLimit);
#if defined(__x86_64__)
    EXPECT_EQ(actual, expected);
#else
    EXPECT_LT(worst_of(expected, actual), 1e-5F);
#endif
  }
}

TEST_P(DecoderGolden, GistTokensByMaskAndByCache) {
  for (int i = 0; i < 4; ++i) {
    const std::string name = "gist" + std::to_string(i);
    SCOPED_TRACE(name);
    const auto tokens = ids(name + ".input_ids");
    const std::size_t num_gists = rows(name + ".logits_gist");
    const std::size_t num_rest = rows(name + ".logits_masked");
    const std::size_t num_prompt = tokens.size() - num_gists - num_rest;
    const std::size_t rest = num_prompt + num_gists;
    const std::size_t vocab_size = static_cast<std::size_t>(decoder_->config().vocab_size);
    const auto positions = counted(0, tokens.size());

    // One pass: the rest does not see the prompt.
    DecoderCache masked(decoder_->config());
    const auto logits = pass(tokens, positions, masked, [&](std::size_t row, std::size_t slot) {
      return row < rest || slot >= num_prompt;
    });
    EXPECT_LT(worst_of(floats(name + ".logits_masked"), logits), kLimit);
    EXPECT_LT(worst_of(floats(name + ".logits_gist"), std::span(logits).first(rest * vocab_size)),
              kLimit);

    // The gist tokens alone stay in the cache.
    DecoderCache cache(decoder_->config());
    (void)pass(std::span(tokens).first(rest), std::span(positions).first(rest), cache);
    std::vector<std::size_t> kept(num_gists);
    std::iota(kept.begin(), kept.end(), num_prompt);
    cache.keep(kept);
    ASSERT_EQ(cache.size(), num_gists);
    EXPECT_EQ(cache.next_position(), static_cast<std::int32_t>(rest));
    DecoderCache rebased = cache.copy();
    const auto ending = std::span(tokens).subspan(rest);
    EXPECT_LT(worst_of(floats(name + ".logits_cached"),
                       pass(ending, std::span(positions).subspan(rest), cache)),
              kLimit);
    EXPECT_LT(worst_of(floats(name + ".logits_cached_rebased"),
                       pass(ending, counted(num_gists, num_rest), rebased)),
              kLimit);
  }
}

TEST_P(DecoderGolden, TheCacheHoldsTheReferencesKeysAndValues) {
  const auto tokens = ids("gist0.input_ids");
  DecoderCache cache(decoder_->config());
  (void)pass(tokens, counted(0, tokens.size()), cache);
  const std::size_t slot = tokens.size() - 1 - rows("gist0.logits_masked");
  const std::size_t width = decoder_->config().key_width();
  std::vector<float> key(width);
  std::vector<float> value(width);
  std::size_t layer = 0;
  for (; golden_->find("gist0.layer" + std::to_string(layer) + ".key") != nullptr; ++layer) {
    const std::string name = "gist0.layer" + std::to_string(layer);
    cache.read(layer, slot, key, value);
    EXPECT_LT(worst_of(floats(name + ".key"), key), kLimit);
    EXPECT_LT(worst_of(floats(name + ".value"), value), kLimit);
  }
  EXPECT_EQ(layer, static_cast<std::size_t>(decoder_->config().num_layers));
}

INSTANTIATE_TEST_SUITE_P(Models, DecoderGolden,
                         testing::Values("llama-tiny-untied-a", "llama-tiny-tied-a"),
                         [](const auto& model) {
                           return std::string(model.param).find("untied") != std::string::npos
                                      ? "Untied"
                                      : "Tied";
                         });

}  // namespace
}  // namespace pith
