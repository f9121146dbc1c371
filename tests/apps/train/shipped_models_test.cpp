// What models/README.md says of the shipped policies, and that they are worth shipping.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "apps/train/label_quality.h"
#include "stages/model_files/mapped_file.h"
#include "stages/score/keep_policy.h"

namespace pith {
namespace {

class ShippedModel : public testing::TestWithParam<const char*> {
 protected:
  std::string path() const { return std::string(PITH_MODELS "/") + GetParam(); }
  std::string name() const { return std::filesystem::path(GetParam()).stem().string(); }
};

TEST_P(ShippedModel, LoadsUnderItsNameAndStaysSmall) {
  const auto policy = open_policy(path());
  ASSERT_TRUE(policy) << policy.error().detail;
  EXPECT_EQ((*policy)->name(), name());
  EXPECT_LE(std::filesystem::file_size(path()), 5'000'000U);
}

TEST_P(ShippedModel, HasTheSizeAndSha256ThatTheReadmeLists) {
  std::ifstream file(PITH_MODELS "/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  const auto policy = open_policy(path());
  ASSERT_TRUE(policy) << policy.error().detail;

  const std::regex row(std::string(R"(\| )") + GetParam() + R"( \|([^\n]*)\|)");
  std::smatch found;
  ASSERT_TRUE(std::regex_search(readme, found, row));

  EXPECT_THAT(found[1].str(), testing::HasSubstr((*policy)->id()));
  EXPECT_THAT(found[1].str(),
              testing::HasSubstr(" " + std::to_string(std::filesystem::file_size(path())) + " "));
}

TEST_P(ShippedModel, RanksTheWordsThatMatterAboveChance) {
  const auto quality = label_quality(path(), PITH_TEST_DATA "/train/labelled.jsonl");
  ASSERT_TRUE(quality) << quality.error().detail;
  const QualityRow& model = quality->row("keep_prob");
  const QualityRow& random = quality->row("random");
  ASSERT_GT(model.num_words, 200U);

  EXPECT_GT(model.auc_keep, random.auc_keep + 0.15);
  EXPECT_GT(model.auc_core, random.auc_core + 0.15);
  EXPECT_GT(model.overlap_core, 2 * random.overlap_core);
}

TEST_P(ShippedModel, RanksTheValidationLabelsAboveChance) {
  const std::string labels = PITH_SHARED "/data/distill.valid.jsonl.zst";
  if (!std::filesystem::exists(labels)) GTEST_SKIP() << "the validation labels are not here";
  const auto quality = label_quality(path(), labels);
  ASSERT_TRUE(quality) << quality.error().detail;
  // docs/ngram.md and docs/linear.md have the exact figures.
  const bool trained_on_labels = path().ends_with(".linear");
  EXPECT_GT(quality->row("keep_prob").auc_keep, trained_on_labels ? 0.86 : 0.66);
  EXPECT_GT(quality->row("keep_prob").auc_core, trained_on_labels ? 0.88 : 0.71);
  EXPECT_NEAR(quality->row("random").auc_keep, 0.5, 0.01);
}

class ShippedEncoder : public testing::Test {
 protected:
  const std::string folder_ = PITH_MODELS "/pith-small";
};

TEST_F(ShippedEncoder, TakesAtMostSixteenMegabytesAsTheReadmeListsThem) {
  std::ifstream file(PITH_MODELS "/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  std::uintmax_t total = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    total += entry.file_size();
    const auto bytes = MappedFile::open(entry.path().string(), 1U << 24U);
    ASSERT_TRUE(bytes) << bytes.error().detail;
    const std::string row = "| pith-small/" + entry.path().filename().string() + " | " +
                            std::to_string(entry.file_size()) + " | " + sha256_hex(bytes->bytes()) +
                            " |";
    EXPECT_NE(readme.find(row), std::string::npos) << row;
  }
  EXPECT_LE(total, 16U << 20U);
}

TEST_F(ShippedEncoder, RanksTheWordsThatMatter) {
  const auto quality = label_quality(folder_, PITH_TEST_DATA "/train/labelled.jsonl");
  ASSERT_TRUE(quality) << quality.error().detail;
  EXPECT_GT(quality->row("keep_prob").auc_keep, 0.75);
  EXPECT_GT(quality->row("keep_prob").auc_core, 0.75);
}

TEST_F(ShippedEncoder, MeetsItsBarsOnTheValidationLabels) {
  const std::string labels = PITH_SHARED "/data/distill.valid.jsonl.zst";
  if (!std::filesystem::exists(labels)) GTEST_SKIP() << "the validation labels are not here";
  const auto quality = label_quality(folder_, labels);
  ASSERT_TRUE(quality) << quality.error().detail;
  const QualityRow& row = quality->row("keep_prob");
  EXPECT_GE(row.auc_keep, 0.87);
  EXPECT_GE(row.auc_core, 0.87);
  EXPECT_GE(row.overlap_keep, 0.77);
  EXPECT_GE(row.overlap_core, 0.57);
}

INSTANTIATE_TEST_SUITE_P(Shipped, ShippedModel,
                         testing::Values("pith-linear.linear", "ngram-multi.ngram",
                                         "ngram-en.ngram"),
                         [](const auto& model) {
                           std::string name = model.param;
                           std::ranges::replace_if(
                               name, [](char c) { return c == '-' || c == '.'; }, '_');
                           return name;
                         });

}  // namespace
}  // namespace pith
