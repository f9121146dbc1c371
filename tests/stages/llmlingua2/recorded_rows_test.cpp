// A part of the recorded runs, with vocabularies cut down to their pieces: always there.
#include <gtest/gtest.h>

#include "tests/stages/llmlingua2/golden_row.h"

namespace pith {
namespace {

const std::string kData = PITH_TEST_DATA "/llmlingua2/";

TEST(RecordedRows, FollowFromTheRecordedProbabilities) {
  const auto counter = load_token_counter("cl100k_base", PITH_MODELS);
  ASSERT_TRUE(counter);
  RecordedNetwork network;
  std::map<std::string, std::shared_ptr<const Llmlingua2>> models;
  int compared = 0;
  for (const GoldenRow& row : golden_rows(kData + "rows.jsonl")) {
    auto& model = models[row.model];
    if (!model) {
      const auto opened = Llmlingua2::open_with(
          kData + row.model,
          [&](std::span<const std::int32_t> ids, const std::vector<bool>& active) {
            return network(ids, active);
          },
          *counter);
      ASSERT_TRUE(opened) << opened.error().detail;
      model = *opened;
    }
    network.play(row);
    Llmlingua2Trace trace;
    const auto result = model->compress(row.contexts, row.options, &trace);
    ASSERT_TRUE(result) << row.id << " " << row.model << ": " << result.error().detail;
    expect_golden(row, *result, trace, {});
    ++compared;
  }
  EXPECT_GE(compared, 40);
}

}  // namespace
}  // namespace pith
