#include "stages/tokenize/token_counter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "stages/tokenize/byte_pair.h"
#include "stages/tokenize/split_pattern.h"
#include "stages/tokenize/token_ranks.h"

namespace pith {
namespace {

std::shared_ptr<const TokenCounter> counter(std::string_view name) {
  auto loaded = load_token_counter(name, PITH_MODELS);
  EXPECT_TRUE(loaded) << loaded.error().detail;
  return loaded ? *loaded : nullptr;
}

/// Compares both encodings on each row of a golden file; the number of rows compared.
int compare_golden(const std::string& path) {
  const auto cl100k = counter("cl100k_base");
  const auto o200k = counter("o200k_base");
  std::ifstream file(path);
  simdjson::dom::parser parser;
  int rows = 0;
  for (std::string line; std::getline(file, line);) {
    const simdjson::dom::element row = parser.parse(line);
    for (const auto& each : {cl100k, o200k}) {
      simdjson::dom::array ids;
      if (row[each->name()].get(ids) != simdjson::SUCCESS) continue;
      std::vector<std::uint32_t> expected;
      for (const std::uint64_t id : ids) expected.push_back(static_cast<std::uint32_t>(id));
      const std::string_view text = row["text"].get_string();
      EXPECT_EQ(each->encode(text), expected) << each->name() << ": " << row["text"];
      EXPECT_EQ(each->count(text), expected.size());
      ++rows;
    }
  }
  return rows;
}

/// tiktoken's merge loop, as plain as it can be.
std::vector<std::uint32_t> slow_merge(const TokenRanks& ranks, std::string_view piece) {
  std::vector<std::uint32_t> ends(piece.size());
  for (std::size_t i = 0; i < ends.size(); ++i) ends[i] = static_cast<std::uint32_t>(i) + 1;
  for (;;) {
    std::uint32_t best = kNoRank;
    std::size_t best_at = 0;
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
      const std::uint32_t begin = i == 0 ? 0 : ends[i - 1];
      const std::uint32_t rank = ranks.find(piece.substr(begin, ends[i + 1] - begin));
      if (rank < best) best = rank, best_at = i;
    }
    if (best == kNoRank) return ends;
    ends.erase(ends.begin() + static_cast<std::ptrdiff_t>(best_at));
  }
}

TEST(TokenCounter, GivesTheIdsOfTheShippedGoldenStrings) {
  EXPECT_EQ(compare_golden(PITH_TEST_DATA "/tokenize/golden_tokens.jsonl"), 2 * 320);
}

TEST(TokenCounter, GivesTheIdsOfTheWholeGoldenSet) {
  const std::string path = PITH_SHARED "/golden/tokenizers.jsonl";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no ../shared";
  EXPECT_GE(compare_golden(path), 2 * 600);
}

TEST(TokenCounter, EmptyTextHasNoTokens) {
  EXPECT_EQ(counter("o200k_base")->count(""), 0U);
  EXPECT_TRUE(counter("o200k_base")->token_ends("").empty());
}

TEST(TokenCounter, SpecialNamesAreOrdinaryText) {
  EXPECT_GT(counter("cl100k_base")->count("<|endoftext|>"), 3U);
}

TEST(TokenCounter, TokenEndsAgreeWithEncode) {
  const std::string text =
      "The naïve fox\u2014don't  ask\r\n\tstrange中文字 words🙂🙂 0123456789\n\n ";
  for (const char* name : {"cl100k_base", "o200k_base"}) {
    const auto each = counter(name);
    const auto ids = each->encode(text);
    const auto ends = each->token_ends(text);
    const auto ranks = TokenRanks::load(std::string(PITH_MODELS "/") + name + ".ranks.zst");
    ASSERT_TRUE(ranks);
    ASSERT_EQ(ids.size(), ends.size());
    std::string joined;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      joined += (*ranks).token(ids[i]);
      EXPECT_EQ(joined.size(), ends[i]);
    }
    EXPECT_EQ(joined, text);
  }
}

TEST(TokenCounter, CountsAnyBytes) {
  std::mt19937 random(7);
  for (const char* name : {"cl100k_base", "o200k_base"}) {
    const auto each = counter(name);
    for (int round = 0; round < 300; ++round) {
      std::string bytes(random() % 200, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random());
      const auto ends = each->token_ends(bytes);
      EXPECT_EQ(each->count(bytes), ends.size());
      EXPECT_EQ(each->encode(bytes).size(), ends.size());
      EXPECT_TRUE(std::is_sorted(ends.begin(), ends.end(), std::less_equal<>()));
      EXPECT_EQ(ends.empty() ? 0 : ends.back(), bytes.size());
    }
  }
}

TEST(TokenCounter, LongRunsAreNotQuadratic) {
  std::string cjk;
  while (cjk.size() < (1U << 17U)) cjk += "的一是不了人我在有他这中大来上个国";
  std::string spaces(1U << 17U, ' ');
  spaces += "x";
  for (const char* name : {"cl100k_base", "o200k_base"}) {
    const auto each = counter(name);
    const std::clock_t start = std::clock();  // CPU time: other work on the machine does not count
    // 128 KiB of a: tokens of 8 or more letters, or one token a letter if merging stopped early.
    EXPECT_LT(each->count(std::string(1U << 17U, 'a')), 30'000U);
    EXPECT_LT(each->count(cjk), cjk.size() / 2);
    EXPECT_LT(each->count(spaces), 3'000U);
    EXPECT_LT(each->count(std::string(1U << 17U, '=')), 10'000U);
    std::string mixed;  // capitals with one uncased letter in front: the o200k pattern looks ahead
                        // and turns back
    while (mixed.size() < (1U << 17U)) mixed += "中AAAAAAAA\u0301BBBB";
    EXPECT_GT(each->count(mixed), 1000U);
    const double taken_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    EXPECT_LT(taken_s, 10.0);  // a quadratic merge takes minutes
  }
}

TEST(TokenCounter, IsLoadedOnceAndShared) {
  std::vector<std::shared_ptr<const TokenCounter>> got(4);
  {
    std::vector<std::jthread> threads;
    for (auto& each : got) threads.emplace_back([&each] { each = counter("o200k_base"); });
  }
  for (const auto& each : got) EXPECT_EQ(each, got.front());
}

TEST(TokenCounter, RefusesUnknownNamesAndMissingFiles) {
  const auto unknown = load_token_counter("gpt2", PITH_MODELS);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidArgument);
  const auto missing = load_token_counter("o200k_base", PITH_TEST_DATA "/nowhere");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kFileUnreadable);
}

TEST(TokenRanks, RefusesDamagedFiles) {
  std::string raw("PRNK\1\0\0\0\1\0\0\0\1\0\0\0\1x", 18);
  const auto bytes_missing =
      TokenRanks::parse(raw, "a");  // well-formed, but 255 bytes are no token
  ASSERT_FALSE(bytes_missing);
  EXPECT_THAT(bytes_missing.error().detail, testing::HasSubstr("a byte is no token"));
  for (std::size_t size = 0; size < raw.size(); ++size) {
    EXPECT_FALSE(TokenRanks::parse(std::string_view(raw).substr(0, size), "a"));
  }
  raw[16] = 9;
  EXPECT_FALSE(TokenRanks::parse(raw, "a"));
}

TEST(BytePairMerger, EqualsThePlainLoopOnShortAndLongPieces) {
  const auto ranks = TokenRanks::load(PITH_MODELS "/o200k_base.ranks.zst");
  ASSERT_TRUE(ranks);
  BytePairMerger merger(*ranks);
  std::mt19937 random(11);
  const std::string_view alphabets[] = {"ab", "etaoinshr", "=-", "\xE4\xB8\xAD\x96\x87"};
  for (int round = 0; round < 400; ++round) {
    const std::string_view alphabet = alphabets[static_cast<std::size_t>(round) % 4];
    std::string piece(1 + random() % 300, '\0');
    for (char& byte : piece) byte = alphabet[random() % alphabet.size()];
    EXPECT_EQ(merger.merge(piece), slow_merge(*ranks, piece)) << "round " << round;
  }
}

}  // namespace
}  // namespace pith
