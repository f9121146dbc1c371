// All recorded runs of the reference, where the shared folder is beside the project.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/stages/llmlingua2/golden_row.h"

namespace pith {
namespace {

const std::string kGolden = PITH_SHARED "/golden/";

class Llmlingua2Golden : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kGolden)) GTEST_SKIP() << "needs the folder ../shared";
  }
};

std::shared_ptr<const TokenCounter> cl100k() {
  const auto counter = load_token_counter("cl100k_base", PITH_MODELS);
  EXPECT_TRUE(counter);
  return *counter;
}

std::shared_ptr<const Llmlingua2> recorded_model(const std::string& name,
                                                 const RecordedNetwork& network) {
  const auto opened = Llmlingua2::open_with(
      kGolden + "models/" + name,
      [&](std::span<const std::int32_t> ids, const std::vector<bool>& active) {
        return network(ids, active);
      },
      cl100k());
  EXPECT_TRUE(opened) << opened.error().detail;
  return *opened;
}

std::shared_ptr<const Llmlingua2> whole_model(const std::string& name, Precision precision) {
  const auto opened = Llmlingua2::open(kGolden + "models/" + name, precision, cl100k());
  EXPECT_TRUE(opened) << opened.error().detail;
  return *opened;
}

/// Rules alone: the network's answers are the recorded ones. Ties of these are ties here too, so
/// that fragile rows are no exception.
TEST_F(Llmlingua2Golden, EveryRowFollowsFromTheRecordedProbabilities) {
  std::map<std::string, std::shared_ptr<const Llmlingua2>> models;
  RecordedNetwork network;
  int compared = 0;
  for (const GoldenRow& row : golden_rows(kGolden + "llmlingua2.jsonl")) {
    auto& model = models[row.model];
    if (!model) model = recorded_model(row.model, network);
    if (!row.error.empty()) continue;
    network.play(row);
    Llmlingua2Trace trace;
    const auto result = model->compress(row.contexts, row.options, &trace);
    ASSERT_TRUE(result) << row.id << " " << row.model << ": " << result.error().detail;
    expect_golden(row, *result, trace, {});
    ++compared;
  }
  EXPECT_EQ(compared, 447);
}

TEST_F(Llmlingua2Golden, EveryRowFollowsFromItsText) {
  std::map<std::string, std::shared_ptr<const Llmlingua2>> models;
  int compared = 0;
  for (const GoldenRow& row : golden_rows(kGolden + "llmlingua2.jsonl")) {
    auto& model = models[row.model];
    if (!model) model = whole_model(row.model, Precision::kFloat32);
    Llmlingua2Trace trace;
    const auto result = model->compress(row.contexts, row.options, &trace);
    if (!row.error.empty()) continue;
    ASSERT_TRUE(result) << row.id << " " << row.model << ": " << result.error().detail;
    expect_golden(row, *result, trace, {1e-5, !row.fragile});
    ++compared;
  }
  EXPECT_EQ(compared, 447);
}

}  // namespace
}  // namespace pith
