// 500 named rows of tool output, and a sample that ships: no literal may be lost, whatever the
// dial. The rows lie in ../shared/data; without them the sample alone is judged.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "tests/literals/compress_rows.h"

namespace pith::literals {
namespace {

const char* loss_name(Loss loss) {
  return loss == Loss::kCut     ? "cut"
         : loss == Loss::kGlued ? "glued"
         : loss == Loss::kHalf  ? "half an escape"
                                : "out of order";
}

CompressOptions dial(float rate) {
  CompressOptions options;
  options.target_rate = rate;
  return options;
}

/// keep_prob is never above 1: every word that may go goes, so no policy can do worse.
CompressOptions everything_that_may_go() {
  CompressOptions options;
  options.threshold = 1.0F;
  return options;
}

struct Measured {
  Totals totals;
  struct Source {
    std::uint64_t kept_tokens = 0, tokens = 0, literal_bytes = 0, bytes = 0;
  };
  std::map<std::string, Source> sources;
};

/// Prints the table; PITH_LITERALS_SHOW=N prints the first N losses with what stands around them.
Measured measure(const std::string& name, const std::vector<Row>& rows,
                 const CompressOptions& options) {
  static const auto policies = judged_policies();
  Measured measured;
  EXPECT_TRUE(policies) << (policies ? "" : policies.error().detail);
  if (!policies) return measured;
  const char* show = std::getenv("PITH_LITERALS_SHOW");
  int left = show == nullptr ? 0 : std::atoi(show);
  auto totals = compress_and_check(
      **policies, rows, options,
      [&](const Row& row, const SegmentReply& reply, const Survival& found) {
        Measured::Source& source = measured.sources[row.source];
        source.kept_tokens += reply.compressed_tokens;
        source.tokens += reply.origin_tokens;
        source.literal_bytes += found.literal_bytes;
        source.bytes += row.text.size();
        for (const LostLiteral& lost : found.losses) {
          if (left-- <= 0) break;
          const std::size_t from = lost.literal.begin < 50 ? 0 : lost.literal.begin - 50;
          std::printf(
              "LOST %s %s %s [%s] in [%s]\n", row.name.c_str(),
              std::string(literal_class_name(lost.literal.literal_class)).c_str(),
              loss_name(lost.loss),
              found.view.substr(lost.literal.begin, lost.literal.end - lost.literal.begin).c_str(),
              found.view.substr(from, lost.literal.end + 50 - from).c_str());
        }
      });
  EXPECT_TRUE(totals) << (totals ? "" : totals.error().detail);
  if (!totals) return measured;
  measured.totals = *totals;
  std::printf("%s\n%s", name.c_str(), table(*totals).c_str());
  const auto percent = [](std::uint64_t part, std::uint64_t whole) {
    return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  for (const auto& [name_of, source] : measured.sources) {
    std::printf("  %-14s kept %5.1f %% of the tokens, literals %5.1f %% of the bytes\n",
                name_of.c_str(), percent(source.kept_tokens, source.tokens),
                percent(source.literal_bytes, source.bytes));
  }
  return measured;
}

std::size_t lost(const Measured& measured) {
  std::size_t sum = 0;
  for (const std::size_t count : measured.totals.survival.lost) sum += count;
  return sum;
}

struct Sample : ::testing::Test {
  const std::vector<Row> rows = read_sample(std::string(PITH_TEST_DATA) + "/literals/sample");
};

TEST_F(Sample, EveryClassIsInIt) {
  const Measured measured = measure("sample, 3x", rows, dial(1.0F / 3));
  for (int i = 0; i < kNumLiteralClasses; ++i) {
    EXPECT_GE(measured.totals.survival.listed[i], 5U)
        << literal_class_name(static_cast<LiteralClass>(i));
  }
}

TEST_F(Sample, LosesNothingAtThreeTimes) {
  EXPECT_EQ(lost(measure("sample, 3x", rows, dial(1.0F / 3))), 0U);
}

TEST_F(Sample, LosesNothingAtSixTimes) {
  EXPECT_EQ(lost(measure("sample, 6x", rows, dial(1.0F / 6))), 0U);
}

TEST_F(Sample, LosesNothingWhenAllThatMayGoGoes) {
  EXPECT_EQ(lost(measure("sample, no word by choice", rows, everything_that_may_go())), 0U);
}

TEST_F(Sample, LosesHundredsWithoutProtection) {
  CompressOptions options = dial(1.0F / 3);
  options.protect = 0;
  EXPECT_GE(lost(measure("sample, 3x, unprotected", rows, options)), 100U);
}

struct FiveHundredRows : ::testing::Test {
  static inline std::vector<Row> rows;
  void SetUp() override {
    const std::string data = std::string(PITH_SHARED) + "/data";
    if (!std::filesystem::exists(data + "/text-core.test.jsonl.zst")) {
      GTEST_SKIP() << "the rows are not there: ../shared/data";
    }
    if (!rows.empty()) return;
    const char* other = std::getenv("PITH_LITERALS_ROWS");  // a list of one's own
    auto read = read_listed(
        other != nullptr ? other : std::string(PITH_TEST_DATA) + "/literals/rows.txt", data);
    ASSERT_TRUE(read) << read.error().detail;
    rows = std::move(*read);
    ASSERT_TRUE(other != nullptr || rows.size() == 500U) << rows.size();
  }
};

TEST_F(FiveHundredRows, LoseNothingAtThreeTimes) {
  EXPECT_EQ(lost(measure("500 rows, 3x", rows, dial(1.0F / 3))), 0U);
}

TEST_F(FiveHundredRows, LoseNothingAtSixTimes) {
  EXPECT_EQ(lost(measure("500 rows, 6x", rows, dial(1.0F / 6))), 0U);
}

TEST_F(FiveHundredRows, LoseNothingWhenAllThatMayGoGoes) {
  EXPECT_EQ(lost(measure("500 rows, no word by choice", rows, everything_that_may_go())), 0U);
}

TEST_F(FiveHundredRows, LoseThousandsWithoutProtection) {
  CompressOptions options = dial(1.0F / 3);
  options.protect = 0;
  EXPECT_GE(lost(measure("500 rows, 3x, unprotected", rows, options)), 1000U);
}

}  // namespace
}  // namespace pith::literals
