#include "apps/train/label_quality.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/temporary_dir.h"

namespace pith {
namespace {

const std::string kPolicy = PITH_MODELS "/ngram-en.ngram";

TEST(AreaUnderCurve, IsTheShareOfPairsInTheRightOrderAndTiesCountHalf) {
  const std::vector<std::uint8_t> positive = {1, 0, 1, 0};
  EXPECT_NEAR(area_under_curve(std::vector<float>{4, 1, 3, 2}, positive), 1.0, 1e-6);
  EXPECT_NEAR(area_under_curve(std::vector<float>{1, 4, 2, 3}, positive), 0.0, 1e-6);
  EXPECT_NEAR(area_under_curve(std::vector<float>{4, 3, 2, 1}, positive), 0.75, 1e-6);
  EXPECT_NEAR(area_under_curve(std::vector<float>{7, 7, 7, 7}, positive), 0.5, 1e-6);
  EXPECT_EQ(area_under_curve(std::vector<float>{1, 2}, std::vector<std::uint8_t>{1, 1}), 0.5);
}

TEST(OverlapAtLabelRate, CountsPositiveWordsAmongAsManyOfTheHighest) {
  const std::vector<std::uint8_t> positive = {1, 0, 1, 0};
  EXPECT_DOUBLE_EQ(overlap_at_label_rate(std::vector<float>{4, 3, 2, 1}, positive), 0.5);
  EXPECT_DOUBLE_EQ(overlap_at_label_rate(std::vector<float>{4, 1, 3, 2}, positive), 1.0);
}

TEST(LabelQuality, RefusesRecordsThatAreNotLabelledTextAndNamesTheLine) {
  const TemporaryDir dir;
  for (const auto& [record, problem] : std::vector<std::pair<std::string, std::string>>{
           {R"({"text": "a b", "words": [[0, 1], [2, 3]], "labels": [0]})", "different length"},
           {R"({"text": "a b", "words": [[2, 3], [0, 1]], "labels": [0, 1]})", "not ascending"},
           {R"({"text": "a b", "words": [[0, 1], [2, 9]], "labels": [0, 1]})", "not ascending"},
           {R"({"text": "a b", "words": [[0, 1], [2, 3]], "labels": [0, 3]})", "not 0, 1, 2"},
           {R"({"text": "a b", "words": [], "labels": []})", "empty"},
           {"[", "not JSON"}}) {
    const std::string path = dir.file("labels.jsonl");
    std::ofstream(path) << record << "\n";
    const auto quality = label_quality(kPolicy, path);
    ASSERT_FALSE(quality) << record;
    EXPECT_EQ(quality.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(quality.error().detail, testing::HasSubstr("labels.jsonl:1: labels: "));
    EXPECT_THAT(quality.error().detail, testing::HasSubstr(problem));
  }
  std::ofstream(dir.file("none.jsonl")) << "\n";
  EXPECT_FALSE(label_quality(kPolicy, dir.file("none.jsonl")));
}

TEST(LabelQuality, TableHasARowPerWayOfScoringAndLanguage) {
  std::string table;
  const auto printed = print_label_quality(kPolicy, PITH_TEST_DATA "/train/labelled.jsonl",
                                           [&](const std::string& line) { table += line + "\n"; });
  ASSERT_TRUE(printed) << printed.error().detail;
  for (const char* row :
       {"policy ngram-en ", ", 6 texts\n", "\nkeep_prob  ", "\nrandom  ", "\nrank in text, mean",
        "\nsurprisal, sum", "\nkeep_prob, de", "\nkeep_prob, (all but en)"}) {
    EXPECT_THAT(table, testing::HasSubstr(row));
  }
}

}  // namespace
}  // namespace pith
