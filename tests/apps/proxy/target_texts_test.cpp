#include "apps/proxy/target_texts.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

class TargetTexts : public ::testing::Test {
 protected:
  static EditableText text(SegmentKind kind, std::size_t num_words) {
    EditableText made;
    made.kind = kind;
    for (std::size_t i = 0; i < num_words; ++i) made.text += " word";  // one token each
    return made;
  }
  bool target(SegmentKind kind, std::size_t num_words) const {
    return is_target(text(kind, num_words), config_, *reader_);
  }
  Config config_;
  std::shared_ptr<const TokenCounter> reader_ = *load_token_counter("o200k_base", PITH_MODELS);
};

TEST_F(TargetTexts, UserTextsFromDocumentMinTokens) {
  EXPECT_FALSE(target(SegmentKind::kUserText, 599));
  EXPECT_TRUE(target(SegmentKind::kUserText, 600));
  config_.compress_user = false;
  EXPECT_FALSE(target(SegmentKind::kUserText, 5000));
}

TEST_F(TargetTexts, ToolResultsAndDocumentsByTheirSwitches) {
  EXPECT_TRUE(target(SegmentKind::kToolResult, 300));
  EXPECT_TRUE(target(SegmentKind::kDocument, 300));
  config_.compress_tool_results = config_.compress_documents = false;
  EXPECT_FALSE(target(SegmentKind::kToolResult, 5000));
  EXPECT_FALSE(target(SegmentKind::kDocument, 5000));
}

TEST_F(TargetTexts, SystemAndAssistantOnlyWhenAsked) {
  EXPECT_FALSE(target(SegmentKind::kSystem, 5000));
  EXPECT_FALSE(target(SegmentKind::kAssistant, 5000));
  config_.compress_system = config_.compress_assistant = true;
  EXPECT_TRUE(target(SegmentKind::kSystem, 200));
  EXPECT_FALSE(target(SegmentKind::kSystem, 199));
  EXPECT_TRUE(target(SegmentKind::kAssistant, 200));
}

TEST_F(TargetTexts, NeverAPrefillNorWhatIsNotRemembered) {
  config_.compress_assistant = true;
  config_.min_tokens = 1;
  EditableText prefill = text(SegmentKind::kAssistant, 1000);
  prefill.prefill = true;
  EXPECT_FALSE(is_target(prefill, config_, *reader_));
  EXPECT_FALSE(target(SegmentKind::kToolResult, 39));  // 195 bytes
  EXPECT_TRUE(target(SegmentKind::kToolResult, 40));
}

TEST_F(TargetTexts, PositionDecidesNothing) {
  EditableText first = text(SegmentKind::kUserText, 700);
  EditableText last = first;
  last.turn = 9;
  last.last_turn = true;
  EXPECT_EQ(is_target(first, config_, *reader_), is_target(last, config_, *reader_));
}

}  // namespace
}  // namespace pith
