#include "stages/network/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <numeric>
#include <thread>

#include "stages/model_files/tensor_writer.h"
#include "tests/stages/network/seeded_decoder.h"
#include "tests/stages/network/seeded_numbers.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

using testing::HasSubstr;

struct Text {
  Text(std::size_t length, std::int32_t first) : ids(length), positions(length) {
    std::iota(positions.begin(), positions.end(), 0);
    for (std::size_t i = 0; i < length; ++i) {
      ids[i] = (first + static_cast<std::int32_t>(i) * 7) % 50;
    }
  }
  DecoderInput input(DecoderCache& cache) const { return {&cache, ids, positions, 0, {}}; }
  std::vector<std::int32_t> ids, positions;
};

std::vector<float> forward(const Decoder& decoder, const DecoderInput& input) {
  DecoderMemory memory;
  const auto logits = decoder.forward({&input, 1}, memory);
  EXPECT_TRUE(logits) << logits.error().detail;
  if (!logits) return {};
  return {logits->begin(), logits->end()};
}

std::vector<float> forward(const Decoder& decoder, const Text& text) {
  DecoderCache cache(decoder.config());
  return forward(decoder, text.input(cache));
}

#if defined(__x86_64__)
// Elsewhere the compiler may round the same sums differently from place to place.
TEST(Decoder, LogitsDoNotDependOnWhatRunsBesideATextNorOnWhereItIsCut) {
  const auto decoder = seeded_decoder();
  std::vector<Text> texts;
  std::vector<std::vector<float>> expected;
  for (const std::size_t length : {1U, 40U, 300U, 7U, 520U}) {  // more than a group of 256 rows
    texts.emplace_back(length, static_cast<std::int32_t>(length));
    expected.push_back(forward(*decoder, texts.back()));
  }
  std::vector<DecoderCache> caches;
  for (std::size_t i = 0; i < texts.size(); ++i) caches.emplace_back(decoder->config());
  std::vector<std::vector<float>> actual(texts.size());
  DecoderMemory memory;
  for (const auto& [from, to] : {std::pair{0U, 3U}, {3U, 4U}, {4U, 250U}, {250U, 1000U}}) {
    std::vector<DecoderInput> inputs;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::size_t first = std::min<std::size_t>(from, texts[i].ids.size());
      const std::size_t count = std::min<std::size_t>(to, texts[i].ids.size()) - first;
      inputs.push_back({&caches[i],
                        std::span(texts[i].ids).subspan(first, count),
                        std::span(texts[i].positions).subspan(first, count),
                        0,
                        {}});
    }
    const auto logits = decoder->forward(inputs, memory);
    ASSERT_TRUE(logits);
    const float* at = logits->data();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::size_t size = inputs[i].ids.size() * 50;
      actual[i].insert(actual[i].end(), at, at + size);
      at += size;
    }
    EXPECT_EQ(at, logits->data() + logits->size());
  }
  EXPECT_EQ(actual, expected);
}

TEST(Decoder, ACacheThatWasCutGoesOnAsIfNothingHadBeenBehindIt) {
  const auto decoder = seeded_decoder();
  const Text text(60, 1);
  const Text other(200, 2);
  const auto expected = forward(*decoder, text);
  DecoderCache cache(decoder->config());
  (void)forward(*decoder, text.input(cache));
  (void)forward(*decoder, {&cache, other.ids, other.positions, 0, {}});
  cache.truncate(37);
  EXPECT_EQ(cache.next_position(), 37);
  const auto actual = forward(
      *decoder,
      {&cache, std::span(text.ids).subspan(37), std::span(text.positions).subspan(37), 0, {}});
  EXPECT_EQ(actual, std::vector<float>(expected.end() - 23 * 50, expected.end()));
}

TEST(Decoder, WhatTheCacheDoesNotKeepIsWhatAMaskHides) {
  const auto decoder = seeded_decoder();
  const Text text(50, 1);
  const Text end(70, 3);
  std::vector<std::size_t> kept;
  for (std::size_t slot = 0; slot < 50; slot += 3) kept.push_back(slot);
  const std::span<const std::int32_t> ids = std::span(end.ids).subspan(50);
  const std::span<const std::int32_t> positions = std::span(end.positions).subspan(50);
  DecoderCache masked(decoder->config());
  (void)forward(*decoder, text.input(masked));
  DecoderCache thinned = masked.copy();
  thinned.keep(kept);
  EXPECT_EQ(thinned.size(), kept.size());
  EXPECT_EQ(thinned.positions()[1], 3);
  const auto expected = forward(*decoder, {&masked, ids, positions, 0, [](auto, std::size_t slot) {
                                             return slot >= 50 || slot % 3 == 0;
                                           }});
  const auto actual = forward(*decoder, {&thinned, ids, positions, 0, {}});
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) ASSERT_NEAR(actual[i], expected[i], 1e-5F);
}

TEST(Decoder, LogitsOnlyOfTheTokensAskedFor) {
  const auto decoder = seeded_decoder();
  const Text text(300, 1);
  const auto expected = forward(*decoder, text);
  for (const std::size_t first : {1U, 299U, 300U, 1000U}) {
    DecoderCache cache(decoder->config());
    DecoderInput input = text.input(cache);
    input.first_logits = first;
    const auto actual = forward(*decoder, input);
    const std::size_t from = std::min<std::size_t>(first, 300) * 50;
    EXPECT_EQ(actual, std::vector<float>(expected.begin() + static_cast<std::ptrdiff_t>(from),
                                         expected.end()));
    EXPECT_EQ(cache.size(), 300U);
  }
}
#endif

TEST(Decoder, ThreadsDoNotDisturbEachOther) {
  const auto decoder = seeded_decoder();
  const Text text(40, 3);
  const auto expected = forward(*decoder, text);
  std::vector<std::thread> threads;
  std::array<bool, 4> same = {};
  for (bool& mine : same) {
    threads.emplace_back([&] {
      mine = true;
      for (int i = 0; i < 20; ++i) mine = mine && forward(*decoder, text) == expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const bool mine : same) EXPECT_TRUE(mine);
}

TEST(Decoder, StoppedItLeavesTheCacheAsItWas) {
  const auto decoder = seeded_decoder();
  const Text text(300, 3);  // two groups: it stops in the second
  DecoderCache cache(decoder->config());
  const Text before(5, 0);
  (void)forward(*decoder, before.input(cache));
  DecoderMemory memory;
  const DecoderInput input = text.input(cache);
  int asked = 0;
  const auto stopped = decoder->forward({&input, 1}, memory, [&]() -> std::optional<Error> {
    if (++asked < 4) return std::nullopt;
    return Error{ErrorCode::kCancelled, "the client is gone"};
  });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(asked, 4);
  EXPECT_EQ(cache.size(), 5U);
}

TEST(Decoder, WhatTheTablesDoNotHoldIsAnError) {
  const auto decoder = seeded_decoder();
  const std::vector<std::int32_t> zero = {0};
  const std::vector<std::int32_t> negative = {-1};
  const std::vector<std::int32_t> id_too_large = {50};
  const std::vector<std::int32_t> position_too_large = {600};
  DecoderCache cache(decoder->config());
  DecoderMemory memory;
  const auto expect_refused = [&](std::vector<DecoderInput> inputs) {
    const auto result = decoder->forward(inputs, memory);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(cache.size(), 0U);
  };
  expect_refused({{&cache, negative, zero, 0, {}}});
  expect_refused({{&cache, id_too_large, zero, 0, {}}});
  expect_refused({{&cache, zero, negative, 0, {}}});
  expect_refused({{&cache, zero, position_too_large, 0, {}}});
  expect_refused({{&cache, zero, {}, 0, {}}});
  expect_refused({{&cache, zero, zero, 0, {}}, {&cache, zero, zero, 0, {}}});
}

/// Writes what a trainer would, tensors of `left_out` not.
void write_folder(const std::string& folder, const DecoderConfig& config,
                  const std::string& left_out) {
  const TrainableDecoder trainable(config);
  std::vector<float> parameters(trainable.layout().size());
  initialize_parameters(trainable.layout(), 0.3F, 7, parameters);
  std::vector<TensorToWrite> tensors;
  for (const Parameter& each : trainable.layout().all()) {
    if (each.name == left_out) continue;
    tensors.push_back(
        {each.name, each.shape, std::span<const float>(parameters).subspan(each.begin, each.size)});
  }
  ASSERT_TRUE(write_tensors(folder + "/model.safetensors", tensors, {{"format", "pt"}}));
  std::ofstream(folder + "/config.json") << decoder_config_text(config);
}

TEST(Decoder, AFolderThatATrainerWroteIsTheSameDecoder) {
  for (const bool tied : {false, true}) {
    DecoderConfig config = seeded_decoder_config();
    config.tied_head = tied;
    const TemporaryDir folder;
    write_folder(folder.path(), config, "");
    const auto decoder = Decoder::open(folder.path());
    ASSERT_TRUE(decoder) << decoder.error().detail;
    const Text text(20, 3);
    EXPECT_EQ(forward(**decoder, text), forward(*seeded_decoder(config), text));
  }
}

TEST(Decoder, AMissingTensorIsNamed) {
  for (const char* name :
       {"model.embed_tokens.weight", "model.layers.1.self_attn.k_proj.weight",
        "model.layers.0.mlp.up_proj.weight", "model.norm.weight", "lm_head.weight"}) {
    const TemporaryDir folder;
    write_folder(folder.path(), seeded_decoder_config(), name);
    const auto decoder = Decoder::open(folder.path());
    ASSERT_FALSE(decoder);
    EXPECT_EQ(decoder.error().code, ErrorCode::kFileUnreadable);
    EXPECT_THAT(decoder.error().detail, HasSubstr(name));
    EXPECT_THAT(decoder.error().detail, HasSubstr(folder.path()));
  }
}

}  // namespace
}  // namespace pith
