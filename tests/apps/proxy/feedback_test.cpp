#include <gtest/gtest.h>

#include "apps/proxy/feedback_json.h"
#include "apps/proxy/request_editor.h"

namespace pith {
namespace {

const HashKey kKey(std::array<std::uint8_t, 32>{1, 2, 3});

TEST(FeedbackToken, IsBoundToDecisionTenantAndTime) {
  const std::string token = feedback_token(kKey, "d1", "t1", 1000);
  EXPECT_TRUE(feedback_token_valid(kKey, token, "d1", "t1", 1000));
  EXPECT_FALSE(feedback_token_valid(kKey, token, "d1", "t1", 1001));
  EXPECT_FALSE(feedback_token_valid(kKey, token, "d2", "t1", 1000));
  EXPECT_FALSE(feedback_token_valid(kKey, token, "d1", "t2", 1000));
  EXPECT_FALSE(
      feedback_token_valid(HashKey(std::array<std::uint8_t, 32>{9}), token, "d1", "t1", 1000));
  std::string later = token;
  later.replace(0, 4, "9999");
  EXPECT_FALSE(feedback_token_valid(kKey, later, "d1", "t1", 1000));
  for (const char* junk : {"", ".", "x.y", "1000", "1000."}) {
    EXPECT_FALSE(feedback_token_valid(kKey, junk, "d1", "t1", 0)) << junk;
  }
}

TEST(FeedbackJson, ReadsNumbersAndBools) {
  const auto number =
      parse_feedback_json(R"({"decision_id":"d","metric":"task","value":0.25,"final":true})");
  ASSERT_TRUE(number) << number.error().detail;
  EXPECT_DOUBLE_EQ(number->reward.value, 0.25);
  EXPECT_TRUE(number->reward.final);
  const auto thumb = parse_feedback_json(R"({"episode_id":"c","metric":"thumbs","value":true})");
  ASSERT_TRUE(thumb);
  EXPECT_DOUBLE_EQ(thumb->reward.value, 1.0);
  EXPECT_EQ(thumb->reward.conversation, "c");
}

TEST(FeedbackJson, SameEventHasTheSameId) {
  const char* body = R"({"decision_id":"d","metric":"task","value":1,"client_event_id":"e1"})";
  const char* other = R"({"decision_id":"d","metric":"task","value":1,"client_event_id":"e2"})";
  EXPECT_EQ(parse_feedback_json(body)->reward.event_id, parse_feedback_json(body)->reward.event_id);
  EXPECT_NE(parse_feedback_json(body)->reward.event_id,
            parse_feedback_json(other)->reward.event_id);
}

TEST(FeedbackJson, NamesWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "object"},
      {"{", "object"},
      {R"({"metric":"m","value":1})", "exactly one of"},
      {R"({"decision_id":"d","conversation":"c","metric":"m","value":1})", "exactly one of"},
      {R"({"decision_id":"d","value":1})", "metric"},
      {R"({"decision_id":"d","metric":"m"})", "value"},
      {R"({"decision_id":"d","metric":"m","value":"high"})", "value"},
      {R"({"decision_id":"d","metric":"m","value":1,"colour":"red"})", "colour"},
      {R"({"decision_id":"a b","metric":"m","value":1})", "decision_id"},
  };
  for (const auto& [body, word] : cases) {
    const auto feedback = parse_feedback_json(body);
    ASSERT_FALSE(feedback) << body;
    EXPECT_NE(feedback.error().detail.find(word), std::string::npos) << feedback.error().detail;
  }
}

}  // namespace
}  // namespace pith
