#include "stages/tokenize/tokenize_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <limits>
#include <random>

#include "stages/tokenize/sentencepiece_tokenizer.h"

namespace pith {
namespace {

class TokenizeStageTest : public testing::Test {
 protected:
  void SetUp() override {
    auto loaded = SentencePieceTokenizer::load(PITH_TEST_DATA "/tokenize/unigram_rules.model");
    ASSERT_TRUE(loaded);
    tokenizer_ = std::move(*loaded);
  }

  Result<TokenizedPrompt> run(std::vector<std::string> texts) {
    auto request = std::make_shared<CompressRequest>();
    request->options = options_;
    for (std::string& text : texts) request->segments.push_back({std::move(text), kind_, ""});
    return stage_(request, *tokenizer_);
  }
  TokenizedSegment one(std::string text) {
    auto prompt = run({std::move(text)});
    EXPECT_TRUE(prompt) << prompt.error().detail;
    return prompt ? prompt->segments.at(0) : TokenizedSegment{};
  }

  CompressOptions options_;
  SegmentKind kind_ = SegmentKind::kPlain;
  std::unique_ptr<const SentencePieceTokenizer> tokenizer_;
  TokenizeStage stage_{PITH_MODELS};
};

TEST_F(TokenizeStageTest, GivesWordsPiecesAndTheMapBetweenThem) {
  const std::string text = "Unless required by law, the fine work.";
  const TokenizedSegment segment = one(text);
  EXPECT_FALSE(segment.skip);
  EXPECT_EQ(segment.origin_tokens, 9U);
  ASSERT_EQ(segment.words.size(), 7U);
  ASSERT_EQ(segment.word_of_piece.size(), segment.pieces.size());
  for (std::size_t i = 0; i < segment.pieces.size(); ++i) {
    const ByteSpan span = segment.pieces[i].span;
    const Word& word = segment.words[segment.word_of_piece[i]];
    const std::size_t first = text.find_first_not_of(' ', span.begin);
    if (first >= span.end) continue;
    EXPECT_LE(word.begin, first);
    EXPECT_GT(word.text_end, first);
  }
}

TEST_F(TokenizeStageTest, MapsEveryPieceToTheWordOfItsFirstNonBlankByte) {
  static const std::vector<std::string> kAtoms = {"work ",    "law",  ",",  " ", "\n\n",
                                                  "北京大学", "🙂", "é ", "(", "ﬁ"};
  std::mt19937 random(9);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (std::size_t left = random() % 20; left-- > 0;) text += kAtoms[random() % kAtoms.size()];
    const TokenizedSegment segment = one(text);
    ASSERT_EQ(segment.word_of_piece.size(), segment.pieces.size());
    ASSERT_TRUE(std::is_sorted(segment.word_of_piece.begin(), segment.word_of_piece.end()));
    for (std::size_t i = 0; i < segment.pieces.size(); ++i) {
      ASSERT_LT(segment.word_of_piece[i], segment.words.size());
      const ByteSpan span = segment.pieces[i].span;
      const std::size_t first = text.find_first_not_of(" \n", span.begin);
      if (first >= span.end) continue;
      ASSERT_LE(segment.words[segment.word_of_piece[i]].begin, first);
      ASSERT_GT(segment.words[segment.word_of_piece[i]].text_end, first);
    }
  }
}

TEST_F(TokenizeStageTest, ByteAndBlankPiecesGoWithTheWordTheyLeadTo) {
  auto loaded = SentencePieceTokenizer::load(PITH_TEST_DATA "/tokenize/bpe_byte_fallback.model");
  ASSERT_TRUE(loaded);
  tokenizer_ = std::move(*loaded);
  const TokenizedSegment segment = one("a \xF0\x9F\xA6\xA6");  // otter
  ASSERT_EQ(segment.words.size(), 2U);
  EXPECT_THAT(segment.word_of_piece, testing::ElementsAre(0, 1, 1, 1, 1, 1));
}

TEST_F(TokenizeStageTest, OnlyProseHasWords) {
  options_.prose = false;
  const TokenizedSegment segment = one("Unless required by law");
  EXPECT_FALSE(segment.skip);
  EXPECT_TRUE(segment.words.empty());
  EXPECT_TRUE(segment.pieces.empty());
  EXPECT_FALSE(segment.structure.regions.empty());
}

TEST_F(TokenizeStageTest, PiecesStayInsideTheirRegions) {
  kind_ = SegmentKind::kToolResult;
  const std::string text =
      "Here is the work that was required:\n\n```c\nint main() { return 0; }\n```\n\nIt is "
      "provided as is.\n";
  const TokenizedSegment segment = one(text);
  for (const Region& region : segment.structure.regions) {
    for (const Piece& piece : segment.pieces) {
      if (piece.span.begin == piece.span.end) continue;
      const bool inside =
          piece.span.begin >= region.span.begin && piece.span.end <= region.span.end;
      const bool outside =
          piece.span.end <= region.span.begin || piece.span.begin >= region.span.end;
      EXPECT_TRUE(inside || outside);
      EXPECT_TRUE(outside || region.kind == RegionKind::kProse);
    }
  }
}

TEST_F(TokenizeStageTest, SkipsTextsBelowMinTokens) {
  options_.min_tokens = 4;
  EXPECT_TRUE(one("three short words").skip);
  EXPECT_EQ(one("three short words").skip_reason, "below min_tokens");
  EXPECT_EQ(one("three short words").origin_tokens, 3U);
  EXPECT_FALSE(one("now four short words").skip);
}

TEST_F(TokenizeStageTest, SkipsTextsThatAreNotUtf8) {
  const TokenizedSegment segment = one("broken \xFF text");
  EXPECT_TRUE(segment.skip);
  EXPECT_EQ(segment.skip_reason, "not valid UTF-8");
  EXPECT_GT(segment.origin_tokens, 0U);
  EXPECT_TRUE(one("cut \xE4\xB8").skip);
  EXPECT_TRUE(one("surrogate \xED\xA0\x80").skip);
}

TEST_F(TokenizeStageTest, OneBadTextDoesNotSpoilTheOthers) {
  const auto prompt = run({"fine", "\xFF", ""});
  ASSERT_TRUE(prompt);
  ASSERT_EQ(prompt->segments.size(), 3U);
  EXPECT_FALSE(prompt->segments[0].skip);
  EXPECT_TRUE(prompt->segments[1].skip);
  EXPECT_FALSE(prompt->segments[2].skip);
  EXPECT_EQ(prompt->segments[2].origin_tokens, 0U);
}

TEST_F(TokenizeStageTest, CountsInTheReadersTokenizer) {
  options_.reader = "cl100k_base";
  const auto prompt = run({"北京大学的学生"});
  ASSERT_TRUE(prompt);
  EXPECT_EQ(prompt->reader->name(), "cl100k_base");
  EXPECT_EQ(prompt->segments[0].origin_tokens, prompt->reader->count("北京大学的学生"));
}

TEST_F(TokenizeStageTest, RefusesUnknownReaders) {
  options_.reader = "gpt2";
  const auto prompt = run({"x"});
  ASSERT_FALSE(prompt);
  EXPECT_EQ(prompt.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(TokenizeStageTest, RefusesDialsOutOfRange) {
  const auto refused = [&](auto set) {
    options_ = {};
    set(options_);
    const auto prompt = run({"x"});
    return !prompt && prompt.error().code == ErrorCode::kInvalidArgument;
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float rate : {0.0F, -0.5F, 1.5F, nan}) {
    EXPECT_TRUE(refused([&](auto& options) { options.target_rate = rate; })) << rate;
  }
  for (const float threshold : {-0.1F, 1.1F, nan}) {
    EXPECT_TRUE(refused([&](auto& options) { options.threshold = threshold; })) << threshold;
    EXPECT_TRUE(refused([&](auto& options) { options.min_gain = threshold; })) << threshold;
  }
  EXPECT_TRUE(refused([](auto& options) { options.target_tokens = 0; }));
  EXPECT_TRUE(
      refused([](auto& options) { options.target_rate = 0.5F, options.target_tokens = 9; }));
  EXPECT_TRUE(refused([](auto& options) { options.target_rate = 0.5F, options.threshold = 0.5F; }));
  EXPECT_FALSE(refused([](auto& options) { options.target_rate = 1.0F; }));
  EXPECT_FALSE(refused([](auto& options) { options.threshold = 0.0F; }));
}

TEST_F(TokenizeStageTest, LongProseIsNotQuadratic) {
  std::string text;
  while (text.size() < (1U << 20U)) text += "Unless required by law the work is provided as is. ";
  const std::clock_t start = std::clock();  // CPU time: other work on the machine does not count
  const TokenizedSegment segment = one(text);
  const double taken_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_GT(segment.words.size(), 200'000U);
  EXPECT_LT(taken_s, 15.0);  // well under a second; minutes if anything were quadratic
}

}  // namespace
}  // namespace pith
