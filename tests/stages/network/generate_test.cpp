#include "stages/network/generate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/stages/network/seeded_decoder.h"

namespace pith {
namespace {

TEST(NextToken, GreedyTakesTheFirstOfTheLikeliest) {
  NextTokenChoice memory;
  EXPECT_EQ(choose_next_token(std::vector<float>{1.0F, 3.0F, 3.0F, -1.0F}, {}, 0, memory), 1);
}

/// How often each id comes in `draws` draws.
std::map<std::int32_t, double> shares(const std::vector<float>& logits, const Sampling& sampling,
                                      std::uint64_t draws = 20000) {
  NextTokenChoice memory;
  std::map<std::int32_t, double> shares;
  for (std::uint64_t step = 0; step < draws; ++step) {
    shares[choose_next_token(logits, sampling, step, memory)] += 1.0 / static_cast<double>(draws);
  }
  return shares;
}

TEST(NextToken, DrawsFromTheSoftmaxOfTheLogitsOverTheTemperature) {
  const std::vector<float> logits = {std::log(0.1F), std::log(0.6F), std::log(0.3F)};
  auto plain = shares(logits, {1.0F, 1.0F, 5});
  EXPECT_NEAR(plain[0], 0.1, 0.01);
  EXPECT_NEAR(plain[1], 0.6, 0.015);
  auto sharp = shares(logits, {0.5F, 1.0F, 5});  // squares: 0.01, 0.36, 0.09
  EXPECT_NEAR(sharp[0], 0.01 / 0.46, 0.005);
  EXPECT_NEAR(sharp[1], 0.36 / 0.46, 0.015);
}

TEST(NextToken, TopPKeepsTheLikeliestThatReachIt) {
  const std::vector<float> logits = {std::log(0.1F), std::log(0.55F), std::log(0.35F)};
  auto two = shares(logits, {1.0F, 0.8F, 9});
  EXPECT_EQ(two.count(0), 0U);
  EXPECT_NEAR(two[1], 0.55 / 0.9, 0.015);
  EXPECT_EQ(shares(logits, {1.0F, 0.5F, 9}).size(), 1U);
  EXPECT_EQ(shares(logits, {1.0F, 0.95F, 9}).size(), 3U);
}

// More ids than are sorted at once.
TEST(NextToken, TopPOfAFlatDistributionKeepsItsShare) {
  std::vector<float> logits(1000);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    logits[i] = static_cast<float>(i * 37 % 1000) * 1e-4F;
  }
  for (const auto& [id, share] : shares(logits, {1.0F, 0.3F, 2}, 300)) {
    EXPECT_GE(logits[static_cast<std::size_t>(id)], 0.0690F) << id;
  }
}

TEST(NextToken, IsAFunctionOfSeedAndStep) {
  const std::vector<float> logits(100, 0.0F);
  NextTokenChoice memory;
  int different = 0;
  for (std::uint64_t step = 0; step < 50; ++step) {
    const auto first = choose_next_token(logits, {1.0F, 1.0F, 1}, step, memory);
    EXPECT_EQ(choose_next_token(logits, {1.0F, 1.0F, 1}, step, memory), first);
    different += choose_next_token(logits, {1.0F, 1.0F, 2}, step, memory) != first ? 1 : 0;
  }
  EXPECT_GT(different, 40);
}

TEST(NextToken, LogitsThatAreNoNumbersGiveSomeToken) {
  const std::vector<float> logits(10, std::nanf(""));
  NextTokenChoice memory;
  for (const Sampling& sampling : {Sampling{}, Sampling{1.0F, 1.0F, 1}, Sampling{1.0F, 0.5F, 1}}) {
    const auto id = choose_next_token(logits, sampling, 0, memory);
    EXPECT_TRUE(id >= 0 && id < 10);
  }
}

TEST(NextToken, LogProbabilityIsTheLogOfTheSoftmax) {
  const std::vector<float> logits = {1000.0F, 1001.0F};
  NextTokenChoice memory;
  EXPECT_NEAR(log_probability(logits, 0, memory), -std::log(1.0 + std::exp(1.0)), 1e-6);
}

std::vector<GenerateRequest> requests_of(std::size_t number) {
  std::vector<GenerateRequest> requests;
  for (std::size_t i = 0; i < number; ++i) {
    GenerateRequest request;
    for (std::size_t k = 0; k < 1 + i * 5 % 11; ++k) {
      request.prompt.push_back(static_cast<std::int32_t>((i * 13 + k * 3) % 50));
    }
    request.tokens_max = 3 + i * 7 % 20;
    request.stop_ids = {static_cast<std::int32_t>(i % 50), 49};
    if (i % 2 == 1) request.sampling = {0.9F, 0.9F, i};
    requests.push_back(std::move(request));
  }
  return requests;
}

/// The text as one would write it: the whole of it through the decoder for every token.
Generated slowly(const Decoder& decoder, const GenerateRequest& request) {
  Generated result;
  DecoderMemory memory;
  NextTokenChoice choice;
  std::vector<std::int32_t> ids = request.prompt;
  while (true) {
    std::vector<std::int32_t> positions(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) positions[i] = static_cast<std::int32_t>(i);
    DecoderCache cache(decoder.config());
    const DecoderInput input = {&cache, ids, positions, ids.size() - 1, {}};
    const auto logits = decoder.forward({&input, 1}, memory);
    EXPECT_TRUE(logits);
    const auto id = choose_next_token(*logits, request.sampling, result.ids.size(), choice);
    result.log_probability += log_probability(*logits, id, choice);
    if (std::count(request.stop_ids.begin(), request.stop_ids.end(), id) > 0) {
      result.end = GenerateEnd::kStopId;
      return result;
    }
    result.ids.push_back(id);
    ids.push_back(id);
    if (result.ids.size() == request.tokens_max) return result;
  }
}

TEST(Generate, SideBySideTextsAreWhatTheyAreAlone) {
  const auto decoder = seeded_decoder();
  const auto requests = requests_of(17);
  DecoderMemory memory;
  std::size_t stopped = 0;
  for (const std::size_t side_by_side : {1U, 4U, 100U}) {
    const auto results = generate(*decoder, requests, side_by_side, memory);
    ASSERT_TRUE(results) << results.error().detail;
    ASSERT_EQ(results->size(), requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const Generated expected = slowly(*decoder, requests[i]);
      EXPECT_EQ((*results)[i].ids, expected.ids);
      EXPECT_EQ((*results)[i].end, expected.end);
      EXPECT_NEAR((*results)[i].log_probability, expected.log_probability, 1e-4);
      stopped += expected.end == GenerateEnd::kStopId ? 1 : 0;
    }
  }
  EXPECT_GT(stopped, 0U);  // both ends are met
  EXPECT_LT(stopped, 3 * requests.size());
}

TEST(Generate, APrefixIsAsGoodAsItsText) {
  const auto decoder = seeded_decoder();
  auto requests = requests_of(5);
  DecoderMemory memory;
  const std::vector<std::int32_t> common = {5, 6, 7, 8, 9};
  const std::vector<std::int32_t> positions = {0, 1, 2, 3, 4};
  DecoderCache prefix(decoder->config());
  const DecoderInput input = {&prefix, common, positions, 5, {}};
  ASSERT_TRUE(decoder->forward({&input, 1}, memory));
  auto whole = requests;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    requests[i].prefix = &prefix;
    whole[i].prompt.insert(whole[i].prompt.begin(), common.begin(), common.end());
  }
  const auto expected = generate(*decoder, whole, 2, memory);
  const auto actual = generate(*decoder, requests, 3, memory);
  ASSERT_TRUE(expected && actual);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ((*actual)[i].ids, (*expected)[i].ids);
  }
  EXPECT_EQ(prefix.size(), 5U);
}

TEST(Generate, EndsWhereTheModelHasNoPositionsLeft) {
  DecoderConfig config = seeded_decoder_config();
  config.max_positions = 8;
  const auto decoder = seeded_decoder(config);
  DecoderMemory memory;
  GenerateRequest request;
  request.prompt = {1, 2, 3};
  request.tokens_max = 100;
  const auto results = generate(*decoder, {&request, 1}, 1, memory);
  ASSERT_TRUE(results);
  EXPECT_EQ(results->front().end, GenerateEnd::kPositionsMax);
  EXPECT_EQ(results->front().ids.size(), 6U);  // positions 3 .. 7, and one behind the last
}

TEST(Generate, ChoosesFromAdjustedLogits) {
  const auto decoder = seeded_decoder();
  GenerateRequest request;
  request.prompt = {1, 2, 3};
  request.tokens_max = 12;
  DecoderMemory memory;
  const auto plain = generate(*decoder, {&request, 1}, 1, memory);
  request.adjust = [](std::span<const std::int32_t> written, std::span<float> logits) {
    for (const std::int32_t id : written) logits[static_cast<std::size_t>(id)] = -1e30F;
  };
  const GenerateRequest requests[] = {request, request};
  const auto results = generate(*decoder, requests, 2, memory);
  ASSERT_TRUE(plain && results);
  std::vector<std::int32_t> ids = results->front().ids;
  EXPECT_EQ(ids, results->back().ids);
  EXPECT_EQ(ids.front(), plain->front().ids.front());
  ASSERT_EQ(ids.size(), 12U);
  std::ranges::sort(ids);
  EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end()) << "nothing twice";
}

TEST(Generate, RefusesPromptsThatItCannotRead) {
  DecoderConfig config = seeded_decoder_config();
  config.max_positions = 8;
  const auto decoder = seeded_decoder(config);
  DecoderMemory memory;
  for (const std::vector<std::int32_t>& prompt :
       {std::vector<std::int32_t>{}, std::vector<std::int32_t>(9, 1),
        std::vector<std::int32_t>{50}}) {
    GenerateRequest request;
    request.prompt = prompt;
    request.tokens_max = 1;
    const auto results = generate(*decoder, {&request, 1}, 1, memory);
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().code, ErrorCode::kInvalidArgument);
  }
  GenerateRequest nothing;
  nothing.prompt = {1};
  const auto none = generate(*decoder, {&nothing, 1}, 1, memory);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->front().ids.empty());
}

}  // namespace
}  // namespace pith
