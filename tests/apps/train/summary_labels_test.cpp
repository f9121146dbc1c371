#include "apps/train/summary_labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/train/train_linear.h"

namespace pith {
namespace {

using ::testing::ElementsAre;

std::vector<int> labels(const std::string& text, const std::string& summary) {
  const LabelledText labelled = labelled_by_summary({text, "", summary, "made-up"});
  return {labelled.labels.begin(), labelled.labels.end()};
}

TEST(SummaryLabels, WordsThatTheSummaryHasAreCore) {
  EXPECT_THAT(labels("git log --max-count 5 > /dev/null", "Show the log up to a count of entries"),
              ElementsAre(0, 2, 2, 0, 0, 0));
}

TEST(SummaryLabels, PartsAndStemsCount) {
  EXPECT_THAT(labels("def sortedByName(xs):", "Sorts a list by names."), ElementsAre(0, 2));
  EXPECT_THAT(labels("x = the_users", "The user"), ElementsAre(0, 0, 2));
}

TEST(SummaryLabels, FunctionWordsDoNot) {
  EXPECT_THAT(labels("for i in the", "for all of the rows in it"), ElementsAre(0, 0, 0, 0));
}

TEST(SummaryLabels, WordsAreRangesOfTheText) {
  const LabelledText labelled = labelled_by_summary({"  a\tbb\n", "", "x", ""});
  ASSERT_EQ(labelled.words.size(), 2U);
  EXPECT_EQ(labelled.words[1].begin, 4U);
  EXPECT_EQ(labelled.words[1].end, 6U);
  EXPECT_TRUE(labelled_by_summary({"\xFF\xFE \n", "", "\xC3", ""}).words.size() == 1);
}

TEST(SummaryLabels, WithoutDataThereAreNone) {
  const auto texts = read_summary_labels({});
  ASSERT_TRUE(texts);
  EXPECT_TRUE(texts->empty());
  EXPECT_FALSE(read_summary_labels({.data = {"/nowhere.jsonl"}, .leave_out_sources = {}}));
}

}  // namespace
}  // namespace pith
