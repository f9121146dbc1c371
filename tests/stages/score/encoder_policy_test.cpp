#include "stages/score/encoder_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <random>
#include <thread>

#include "tests/stages/score/letter_tokenizer.h"
#include "tests/stages/score/scored_text.h"
#include "tests/stages/score/scripted_encoder.h"

namespace pith {
namespace {

constexpr std::int32_t kBegin = 1000;
constexpr std::int32_t kEnd = 2000;

struct Scripted {
  explicit Scripted(std::int32_t length_max, std::size_t memo_bytes = 1 << 20)
      : encoder(std::make_shared<ScriptedEncoder>(length_max)),
        policy(encoder, std::make_shared<LetterTokenizer>(), {kBegin, kEnd}, std::string(64, 'a'),
               "scripted", memo_bytes) {}
  std::shared_ptr<ScriptedEncoder> encoder;
  EncoderPolicy policy;
};

std::string random_text(std::mt19937& random, std::size_t words) {
  std::string text;
  for (std::size_t i = 0; i < words; ++i) {
    for (auto letters = random() % 6 + 1; letters > 0; --letters) {
      text += static_cast<char>('a' + random() % 26);
    }
    text += i % 9 == 8 ? ".\n" : " ";
  }
  return text;
}

std::vector<float> score_alone(const KeepPolicy& policy, const std::string& text) {
  ScoredTexts one({text}, policy.tokenizer());
  const auto scored = policy.score(one.items, {});
  EXPECT_TRUE(scored) << scored.error().detail;
  EXPECT_EQ(one.items[0].keep_prob.size(), one.segments[0].words.size());
  return one.items[0].keep_prob;
}

TEST(EncoderPolicy, WordIsTheMeanOfItsPiecesLogits) {
  Scripted scripted(32);
  const std::string text = "ab cde";
  const std::vector<std::int32_t> ids = {kBegin, 'a', 'b', 'c', 'd', 'e', kEnd};
  const auto logit = [&](std::size_t at) { return ScriptedEncoder::logit_of(ids, at); };
  const auto probs = score_alone(scripted.policy, text);
  ASSERT_EQ(probs.size(), 2U);
  EXPECT_NEAR(probs[0], 1 / (1 + std::exp(-(logit(1) + logit(2)) / 2)), 1e-6);
  EXPECT_NEAR(probs[1], 1 / (1 + std::exp(-(logit(3) + logit(4) + logit(5)) / 3)), 1e-6);
  ASSERT_EQ(scripted.encoder->calls().size(), 1U);
  EXPECT_EQ(scripted.encoder->calls()[0][0], ids);
}

TEST(EncoderPolicy, SequencesAreNeverLongerThanTheWindow) {
  for (std::size_t letters : {1, 29, 30, 31, 59, 60, 61, 95, 400}) {
    Scripted scripted(32);
    std::string text;
    for (std::size_t i = 0; i < letters; ++i) text += i % 5 == 4 ? "x " : "x";
    const auto probs = score_alone(scripted.policy, text);
    for (const float p : probs) EXPECT_TRUE(p > 0.0F && p < 1.0F);
    std::size_t pieces = 0;
    for (const auto& call : scripted.encoder->calls()) {
      for (const auto& ids : call) {
        EXPECT_LE(ids.size(), 32U);
        EXPECT_EQ(ids.front(), kBegin);
        EXPECT_EQ(ids.back(), kEnd);
        pieces += ids.size() - 2;
      }
    }
    EXPECT_LE(pieces, letters) << "equal chunks are scored once";
  }
}

TEST(EncoderPolicy, TextsWithoutPiecesOrWordsAreScored) {
  Scripted scripted(32);
  EXPECT_TRUE(score_alone(scripted.policy, "").empty());
  EXPECT_TRUE(score_alone(scripted.policy, " \n ").empty());
  EXPECT_TRUE(scripted.encoder->calls().empty());
}

TEST(EncoderPolicy, ShortTextsArePackedAndLongChunksGoAlone) {
  Scripted scripted(512);
  std::mt19937 random(1);
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) texts.push_back(random_text(random, i % 10 == 0 ? 400 : 10));
  ScoredTexts batch(texts, scripted.policy.tokenizer());
  ASSERT_TRUE(scripted.policy.score(batch.items, {}));
  std::size_t packed = 0;
  for (const auto& call : scripted.encoder->calls()) {
    std::size_t num_ids = 0;
    for (const auto& ids : call) num_ids += ids.size();
    EXPECT_LE(num_ids, 512U);
    packed += call.size() > 1 ? call.size() : 0;
  }
  EXPECT_GT(packed, 30U);
}

TEST(EncoderPolicy, AnswerDoesNotDependOnTheBatch) {
  Scripted scripted(32, /*memo_bytes=*/0);
  std::mt19937 random(2);
  std::vector<std::string> texts;
  for (int i = 0; i < 30; ++i) texts.push_back(random_text(random, random() % 40));
  texts.push_back(texts[3]);
  std::vector<std::vector<float>> alone;
  for (const std::string& text : texts) alone.push_back(score_alone(scripted.policy, text));
  ScoredTexts batch(texts, scripted.policy.tokenizer());
  ASSERT_TRUE(scripted.policy.score(batch.items, {}));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(batch.items[i].keep_prob, alone[i]) << i;
  }
}

TEST(EncoderPolicy, TextSeenBeforeCostsNoForward) {
  Scripted scripted(32);
  std::mt19937 random(3);
  const std::string text = random_text(random, 100);
  const auto first = score_alone(scripted.policy, text);
  const std::size_t calls = scripted.encoder->calls().size();
  EXPECT_EQ(score_alone(scripted.policy, text), first);
  EXPECT_EQ(scripted.encoder->calls().size(), calls);
  // A text that grew pays for what is new: its last two chunks change, the others do not.
  score_alone(scripted.policy, text + "and a little more of it");
  const auto all = scripted.encoder->calls();
  ASSERT_EQ(all.size(), calls + 1);
  EXPECT_GT(all[0].size(), 10U);
  EXPECT_LE(all.back().size(), 4U);
}

TEST(EncoderPolicy, SameChunkTwiceInABatchIsScoredOnce) {
  Scripted scripted(32);
  ScoredTexts batch({"one two", "three", "one two", "one two"}, scripted.policy.tokenizer());
  ASSERT_TRUE(scripted.policy.score(batch.items, {}));
  ASSERT_EQ(scripted.encoder->calls().size(), 1U);
  EXPECT_EQ(scripted.encoder->calls()[0].size(), 2U);
  EXPECT_EQ(batch.items[0].keep_prob, batch.items[3].keep_prob);
}

TEST(EncoderPolicy, CancelledBetweenLayersGivesNothing) {
  Scripted scripted(32);
  std::atomic<bool> cancelled = false;
  std::atomic<int> layers = 0;
  scripted.encoder->before_layer_ = [&](std::span<const EncoderSequence>, int layer) {
    ++layers;
    if (layer == 2) cancelled = true;
  };
  ScoredTexts batch({"some words"}, scripted.policy.tokenizer());
  const auto scored = scripted.policy.score(batch.items, {.cancelled = &cancelled});
  ASSERT_FALSE(scored);
  EXPECT_EQ(scored.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(layers, 3) << "the fourth layer never ran";
  EXPECT_EQ(scripted.policy.memo().size(), 0U);
  EXPECT_TRUE(batch.items[0].keep_prob.empty());
  scripted.encoder->before_layer_ = nullptr;
  EXPECT_EQ(score_alone(scripted.policy, "some words").size(), 2U);
  EXPECT_EQ(scripted.encoder->calls().size(), 2U) << "nothing of the first was kept";
}

TEST(EncoderPolicy, DeadlineThatPassesStopsTheOtherChunks) {
  Scripted scripted(512);
  std::mt19937 random(4);
  ScoreLimits limits;
  limits.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
  scripted.encoder->before_layer_ = [&](std::span<const EncoderSequence>, int layer) {
    if (layer == 1) std::this_thread::sleep_until(limits.deadline);
  };
  ScoredTexts batch({random_text(random, 4000)}, scripted.policy.tokenizer());
  const auto scored = scripted.policy.score(batch.items, limits);
  ASSERT_FALSE(scored);
  EXPECT_EQ(scored.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_LT(scripted.encoder->calls().size(), 20U) << "of some 30 chunks, few were begun";
}

TEST(EncoderPolicy, TextNobodyWaitsForIsLeftAndTheOthersAreDone) {
  Scripted scripted(512);
  std::mt19937 random(6);
  const std::string given_up = random_text(random, 600);
  const std::string wanted = random_text(random, 600);
  ScoredTexts batch({given_up, wanted}, scripted.policy.tokenizer());
  std::atomic<bool> gone = false;
  std::atomic<int> late_layers = 0;
  batch.items[0].limits.cancelled = &gone;
  // Its client goes away while its first chunk is in the second layer.
  scripted.encoder->before_layer_ = [&](std::span<const EncoderSequence> sequences, int layer) {
    const bool its_own = given_up.starts_with(static_cast<char>(sequences[0].ids[1])) &&
                         given_up[1] == static_cast<char>(sequences[0].ids[2]);
    if (its_own && layer == 1) gone = true;
    if (its_own && layer > 1) ++late_layers;
  };
  ASSERT_TRUE(scripted.policy.score(batch.items, {}));
  EXPECT_TRUE(batch.items[0].stopped);
  EXPECT_TRUE(batch.items[0].keep_prob.empty());
  EXPECT_EQ(late_layers, 0);
  EXPECT_FALSE(batch.items[1].stopped);
  scripted.encoder->before_layer_ = nullptr;
  EXPECT_EQ(batch.items[1].keep_prob, score_alone(scripted.policy, wanted));
  EXPECT_FALSE(score_alone(scripted.policy, given_up).empty());
}

TEST(EncoderPolicy, FeaturesOfATextNobodyWaitsForAreNotMade) {
  Scripted scripted(32);
  scripted.encoder->want_features();
  expect_items_stop_alone(scripted.policy);
}

TEST(EncoderPolicy, ChunkThatAnotherTextSharesIsDone) {
  Scripted scripted(32);
  const std::atomic<bool> gone = true;
  ScoredTexts batch({"one two", "one two"}, scripted.policy.tokenizer());
  batch.items[0].limits.cancelled = &gone;
  ASSERT_TRUE(scripted.policy.score(batch.items, {}));
  EXPECT_FALSE(batch.items[1].stopped);
  EXPECT_EQ(batch.items[1].keep_prob.size(), 2U);
}

TEST(EncoderPolicy, PassedDeadlineAndCancelledStopBeforeAnyWork) {
  Scripted scripted(32);
  const std::atomic<bool> cancelled = true;
  ScoredTexts batch({"some words"}, scripted.policy.tokenizer());
  EXPECT_EQ(scripted.policy.score(batch.items, {.cancelled = &cancelled}).error().code,
            ErrorCode::kCancelled);
  EXPECT_EQ(scripted.policy.score(batch.items, {.deadline = std::chrono::steady_clock::now()})
                .error()
                .code,
            ErrorCode::kDeadlineExceeded);
  EXPECT_TRUE(scripted.encoder->calls().empty());
}

TEST(EncoderPolicy, ErrorOfTheNetworkIsTheAnswer) {
  Scripted scripted(32);
  scripted.encoder->fails_ = true;
  std::mt19937 random(5);
  ScoredTexts batch({random_text(random, 300), "b"}, scripted.policy.tokenizer());
  const auto scored = scripted.policy.score(batch.items, {});
  ASSERT_FALSE(scored);
  EXPECT_EQ(scored.error().detail, "asked to fail");
  EXPECT_EQ(scripted.policy.memo().size(), 0U);
}

TEST(EncoderPolicy, ManyThreadsGetTheSameAnswers) {
  Scripted scripted(32, /*memo_bytes=*/20'000);
  std::mt19937 random(6);
  std::vector<std::string> texts;
  std::vector<std::vector<float>> alone;
  for (int i = 0; i < 20; ++i) texts.push_back(random_text(random, 60));
  for (const std::string& text : texts) alone.push_back(score_alone(scripted.policy, text));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 60; ++i) {
        const std::size_t which = (i * 3 + t) % texts.size();
        ScoredTexts one({texts[which]}, scripted.policy.tokenizer());
        if (!scripted.policy.score(one.items, {}) || one.items[0].keep_prob != alone[which]) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace pith
