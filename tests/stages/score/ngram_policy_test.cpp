#include "stages/score/ngram_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "stages/tokenize/word_of_piece.h"
#include "tests/stages/score/ngram_toy.h"
#include "tests/stages/score/scored_text.h"

namespace pith {
namespace {

/// Words between single blanks, as the tokenize stage would give them.
TokenizedSegment segment_of(const Tokenizer& tokenizer, std::string_view text) {
  TokenizedSegment segment;
  for (std::uint32_t begin = 0; begin < text.size();) {
    const auto blank = static_cast<std::uint32_t>(std::min(text.find(' ', begin), text.size()));
    const auto end = std::min<std::uint32_t>(blank + 1, static_cast<std::uint32_t>(text.size()));
    segment.words.push_back({begin, blank, end});
    begin = end;
  }
  segment.pieces = tokenizer.encode(text);
  segment.word_of_piece = words_of_pieces(segment.words, segment.pieces);
  return segment;
}

std::shared_ptr<const NgramPolicy> shipped(const std::string& name) {
  const auto policy = NgramPolicy::open(std::string(PITH_MODELS) + "/" + name + ".ngram");
  if (!policy) {
    ADD_FAILURE() << policy.error().detail;
    std::abort();
  }
  return *policy;
}

std::vector<float> scores(const NgramPolicy& policy, std::string_view text) {
  const TokenizedSegment segment = segment_of(policy.tokenizer(), text);
  std::vector<ScoreItem> batch(1);
  batch[0].text = text;
  batch[0].segment = &segment;
  EXPECT_TRUE(policy.score(batch, {}));
  return batch[0].keep_prob;
}

constexpr std::string_view kSentence =
    "so I think that we should have a look at the Zarathustra reactor in Reykjavik and then go to "
    "the end of the day";

TEST(NgramPolicy, KeepsNamesAndDropsGlue) {
  for (const char* name : {"ngram-multi", "ngram-en"}) {
    const std::vector<float> keep = scores(*shipped(name), kSentence);

    ASSERT_EQ(keep.size(), 24U) << name;
    for (const std::size_t rare : {11U, 12U, 14U}) {        // Zarathustra, reactor, Reykjavik
      for (const std::size_t glue : {3U, 10U, 19U, 21U}) {  // that, the, the, of
        EXPECT_GT(keep[rare], keep[glue]) << name << " " << rare << " " << glue;
      }
    }
  }
}

TEST(NgramPolicy, WordsOfSixOtherLanguagesKeepTheirName) {
  const auto policy = shipped("ngram-multi");
  for (const std::string_view text :
       {"die Kosten der Reparatur von Wolfenbüttel sind in der Tabelle",
        "el precio de la casa de Zarzalejo es lo que se ve en la lista",
        "le prix de la maison de Fontenayville est dans la liste des prix",
        "в этом примере имя Велимирогорск не может быть пустым"}) {
    const TokenizedSegment segment = segment_of(policy->tokenizer(), text);
    const std::vector<float> keep = scores(*policy, text);
    std::size_t longest = 0;
    for (std::size_t i = 0; i < segment.words.size(); ++i) {
      const auto length = [&](std::size_t w) {
        return segment.words[w].text_end - segment.words[w].begin;
      };
      if (length(i) > length(longest)) longest = i;
    }
    EXPECT_GT(keep[longest], 0.8F) << text;
  }
}

TEST(NgramPolicy, AnswerDoesNotDependOnTheRestOfTheBatchOrTheThread) {
  const auto policy = shipped("ngram-multi");
  const std::vector<float> alone = scores(*policy, kSentence);
  const std::string_view other = "an entirely different text stands here";
  const TokenizedSegment first = segment_of(policy->tokenizer(), other);
  const TokenizedSegment second = segment_of(policy->tokenizer(), kSentence);

  std::vector<std::vector<float>> answers(4);
  std::vector<std::thread> threads;
  for (std::vector<float>& answer : answers) {
    threads.emplace_back([&] {
      std::vector<ScoreItem> batch(2);
      batch[0].text = other;
      batch[0].segment = &first;
      batch[1].text = kSentence;
      batch[1].segment = &second;
      batch[1].keep_prob = {9.0F};  // Whatever stood there before.
      if (policy->score(batch, {})) answer = batch[1].keep_prob;
    });
  }
  for (std::thread& thread : threads) thread.join();

  for (const std::vector<float>& answer : answers) EXPECT_EQ(answer, alone);
}

TEST(NgramPolicy, StopsWhenTheDeadlineHasPassedOrTheClientIsGone) {
  const auto policy = shipped("ngram-multi");
  const TokenizedSegment segment = segment_of(policy->tokenizer(), kSentence);
  std::vector<ScoreItem> batch(1);
  batch[0].text = kSentence;
  batch[0].segment = &segment;

  ScoreLimits late;
  late.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  const Result<Done> expired = policy->score(batch, late);
  ASSERT_FALSE(expired);
  EXPECT_EQ(expired.error().code, ErrorCode::kDeadlineExceeded);

  const std::atomic<bool> gone{true};
  ScoreLimits abandoned;
  abandoned.cancelled = &gone;
  const Result<Done> cancelled = policy->score(batch, abandoned);
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
}

TEST(NgramPolicy, TextNobodyWaitsForIsLeftAndTheOthersAreDone) {
  expect_items_stop_alone(*shipped("ngram-en"));
}

TEST(NgramPolicy, EmptyTextAndWordsWithoutPiecesAreNoTrouble) {
  const auto policy = shipped("ngram-en");
  TokenizedSegment empty;
  TokenizedSegment without_pieces;
  without_pieces.words = {{0, 1, 2}, {2, 3, 3}};
  std::vector<ScoreItem> batch(2);
  batch[0].segment = &empty;
  batch[1].text = "a b";
  batch[1].segment = &without_pieces;

  ASSERT_TRUE(policy->score(batch, {}));

  EXPECT_TRUE(batch[0].keep_prob.empty());
  EXPECT_EQ(batch[1].keep_prob, (std::vector<float>{0.5F, 0.5F}));
}

TEST(NgramPolicy, PieceOfSeveralWordsCountsForEachOfThemWithAnEqualShare) {
  // Pieces 2, 3, 5 over "ab cd efg hi" without the blanks; piece 3 covers the words cd and efg and
  // the begin of hi, which has piece 5 of its own, too.
  const std::string file = ngram::toy_file(ngram::toy_levels(8, 3, 1U << 20U));
  const auto model = NgramModel::parse(ngram::as_bytes(file), "toy");
  ASSERT_TRUE(model) << model.error().detail;
  TokenizedSegment segment;
  segment.words = {{0, 2, 2}, {2, 4, 4}, {4, 7, 7}, {7, 9, 9}, {9, 10, 10}};
  segment.pieces = {{2, {0, 2}}, {3, {2, 8}}, {5, {8, 9}}};
  segment.word_of_piece = {0, 1, 3};
  NgramModel::State state;
  const float a = model->advance(state, 2);
  const float b = model->advance(state, 3);
  const float c = model->advance(state, 5);
  ASSERT_GT(b, 0.0F);

  const auto sum = word_surprisals(*model, segment, WordSurprisal::kSum, {});
  const auto mean = word_surprisals(*model, segment, WordSurprisal::kMean, {});

  ASSERT_TRUE(sum && mean);
  const std::vector<float> sums = {a, b / 3, b / 3, b / 3 + c, 0.0F};
  const std::vector<float> means = {a, b, b, (b / 3 + c) / (1.0F / 3 + 1.0F), 0.0F};
  EXPECT_THAT(*sum, testing::Pointwise(testing::FloatNear(1e-5F), sums));
  EXPECT_THAT(*mean, testing::Pointwise(testing::FloatNear(1e-5F), means));
}

TEST(NgramPolicy, WordsUnderOneChinesePieceStandSideBySide) {
  // Every character a word, as the labels have it: a piece of two characters is one decision.
  const auto policy = shipped("ngram-multi");
  const std::string_view text = "我们今天在数据库里没有看到问题";
  TokenizedSegment segment;
  for (std::uint32_t at = 0; at < text.size(); at += 3) {
    segment.words.push_back({at, at + 3, at + 3});
  }
  segment.pieces = policy->tokenizer().encode(text);
  segment.word_of_piece = words_of_pieces(segment.words, segment.pieces);
  std::vector<ScoreItem> batch(1);
  batch[0].text = text;
  batch[0].segment = &segment;

  ASSERT_TRUE(policy->score(batch, {}));

  bool any = false;
  for (std::size_t i = 0; i < segment.pieces.size(); ++i) {
    const std::size_t first = segment.word_of_piece[i];
    if (first == 0) continue;  // Has the bare blank mark of the text's start, too.
    for (std::size_t word = first + 1;
         word < segment.words.size() && segment.words[word].begin < segment.pieces[i].span.end;
         ++word) {
      any = true;
      EXPECT_EQ(batch[0].keep_prob[word], batch[0].keep_prob[first]) << word;
    }
  }
  EXPECT_TRUE(any);
}

TEST(NgramPolicy, IdIsTheSha256OfTheFile) {
  const std::string path = std::string(PITH_MODELS) + "/ngram-en.ngram";
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});

  EXPECT_EQ(shipped("ngram-en")->id(), sha256_hex(ngram::as_bytes(bytes)));
  EXPECT_EQ(sha256_hex(ngram::as_bytes("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace pith
