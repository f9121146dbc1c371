#include "stages/select/select_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/stages/select/prompt.h"

namespace pith {
namespace {

using testing::at_rate;
using testing::compress;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kMinutes =
    "Good morning everybody, thank you all for coming today, it is really nice to see you here "
    "again.\n\n"
    "So, as you may remember, last week we talked a lot about the new design of the remote "
    "control, and I think that "
    "we agreed on most of the things that matter to the people who will buy it in the end.\n\n"
    "The colour will be yellow, the case will be made of rubber, and the price must not exceed 25 "
    "euros per piece.\n\n"
    "Well, let us go around the table now, and perhaps everybody can say what they have been doing "
    "since then.\n";

TEST(SelectWords, MeetsTheRateWithinOneWord) {
  for (const float rate : {0.3F, 0.5F, 0.7F, 0.9F}) {
    const auto [reply, text] = compress(kMinutes, at_rate(rate));
    const auto target =
        static_cast<std::uint32_t>(std::floor(rate * static_cast<float>(reply.origin_tokens)));
    EXPECT_LE(reply.compressed_tokens, target);
    EXPECT_GE(reply.compressed_tokens + 4, target);
    EXPECT_EQ(reply.compressed_tokens, testing::o200k().count(text));
    EXPECT_THAT(reply.transforms, Contains("prose"));
    EXPECT_GT(reply.threshold, 0.0F);
  }
}

TEST(SelectWords, HalfIsTheDefaultDial) {
  const auto [reply, text] = compress(kMinutes, {});
  EXPECT_NEAR(reply.compressed_tokens, reply.origin_tokens / 2.0, 3.0);
}

TEST(SelectWords, TargetTokensCapTheSegment) {
  CompressOptions options;
  options.target_tokens = 40;
  EXPECT_LE(compress(kMinutes, options).reply.compressed_tokens, 40U);
  options.target_tokens = 100'000;
  const auto [reply, text] = compress(kMinutes, options);
  EXPECT_EQ(text, kMinutes);
  EXPECT_THAT(reply.transforms, IsEmpty());
}

TEST(SelectWords, ThresholdKeepsWhatIsAboveIt) {
  CompressOptions options;
  options.threshold = 0.4F;
  const auto [reply, text] = compress(kMinutes, options);
  EXPECT_GT(reply.threshold, 0.4F);
  EXPECT_LT(reply.compressed_tokens, reply.origin_tokens);
  options.threshold = 0.0F;
  EXPECT_EQ(compress(kMinutes, options).text, kMinutes);
}

TEST(SelectWords, SaysWhenProtectedWordsAreTooMany) {
  const auto [reply, text] =
      compress("The sums 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 are not nice", at_rate(0.1F));
  EXPECT_THAT(reply.notes, Contains(HasSubstr("protected words alone are")));
  EXPECT_THAT(text, HasSubstr("15"));
  EXPECT_THAT(text, HasSubstr("not"));
}

// Goal: prose between literals does not vanish when these fill the budget. Method: a text whose
// numbers alone are more than the dial, with and without a cap that is meant hard.
TEST(SelectWords, WhatIsFreeKeepsAShareBesideManyLiterals) {
  std::string text =
      "Measured again and again in the cellar of the old mill, by candle light, while the wheel "
      "stood still and the water ran under the floor, with a brass gauge that somebody had "
      "borrowed "
      "from the brewery next door and forgot to bring back to its owner:";
  for (int i = 100; i < 200; ++i) text += " " + std::to_string(i);
  const auto [reply, out] = compress(text, at_rate(0.5F));
  EXPECT_GT(reply.compressed_tokens, reply.origin_tokens / 2);
  EXPECT_LT(reply.compressed_tokens, reply.origin_tokens - 5);
  EXPECT_THAT(reply.notes, Contains(HasSubstr("the rest keeps 16.7%")));
  EXPECT_GE(std::count_if(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(out.find("100")),
                          [](char c) { return c == ' '; }),
            3);
  CompressOptions hard;
  hard.target_tokens = 10;
  const auto capped = compress(text, hard);
  EXPECT_LT(capped.reply.compressed_tokens, reply.compressed_tokens);
  EXPECT_TRUE(capped.text.starts_with("100"));
}

TEST(SelectWords, NotesWhatWasProtected) {
  EXPECT_THAT(compress(kMinutes, at_rate(0.5F)).reply.notes, Contains(HasSubstr("1 negations")));
}

TEST(SelectWords, LosslessCutsComeFirstAndAloneWhenTheyDo) {
  const std::string text = "{\n    \"a\": 1,\n    \"b\": [\n        1,\n        2\n    ]\n}\n";
  const auto [reply, out] = compress(text, at_rate(0.9F));
  EXPECT_EQ(out, "{\"a\":1,\"b\":[1,2]}\n");
  EXPECT_THAT(reply.transforms, ::testing::ElementsAre("json_minify"));
}

TEST(SelectWords, WithoutProseOnlyLosslessCuts) {
  CompressOptions options = at_rate(0.2F);
  options.prose = false;
  const auto [reply, out] =
      compress("Some words are here.\n \n\t\n\n   \n\nAnd more of them there.\n", options);
  EXPECT_EQ(out, "Some words are here.\n\nAnd more of them there.\n");
  EXPECT_EQ(compress(kMinutes, options).text, kMinutes);
}

TEST(SelectWords, BelowMinGainNothingIsTouched) {
  CompressOptions options = at_rate(0.9F);
  options.min_gain = 0.25F;
  const auto [reply, out] = compress(kMinutes, options);
  EXPECT_EQ(out, kMinutes);
  EXPECT_EQ(reply.kept.size(), 1U);
  EXPECT_THAT(reply.transforms, IsEmpty());
  EXPECT_THAT(reply.notes, Contains(HasSubstr("min_gain")));
  EXPECT_EQ(reply.compressed_tokens, reply.origin_tokens);
}

TEST(SelectWords, SkippedSegmentsAreOneWholeSpan) {
  TokenizedSegment segment = testing::make_segment(kMinutes, SegmentKind::kPlain, {});
  segment.skip = true;
  segment.skip_reason = "below min_tokens";
  const SegmentReply reply =
      select_words(kMinutes, SegmentKind::kPlain, segment, {}, testing::o200k(), at_rate(0.5F));
  EXPECT_THAT(reply.kept,
              ::testing::ElementsAre(ByteSpan{0, static_cast<std::uint32_t>(kMinutes.size())}));
  EXPECT_THAT(reply.notes, Contains("below min_tokens"));
}

TEST(SelectWords, UserTextKeepsItsFirstAndLastParagraph) {
  const auto [reply, out] = compress(kMinutes, at_rate(0.6F), SegmentKind::kUserText);
  EXPECT_EQ(out.substr(0, 40), kMinutes.substr(0, 40));
  EXPECT_THAT(out, HasSubstr("perhaps everybody can say what they have been doing since then."));
}

TEST(SelectWords, CodeIsNeverTouched) {
  const std::string code = "```cpp\nint   main() { return 0; }   \n\n\n\n```\n";
  const auto [reply, out] = compress(
      "Here are some words about the code below, which is short:\n\n" + code, at_rate(0.5F));
  EXPECT_THAT(out, HasSubstr(code));
}

TEST(SelectWords, NeverEmptyNorBlank) {
  for (const std::string_view text :
       {"word", "one two", " ", "\n\n\n\n", "", "…", "- \n- \n", "a\n\n\n\n\nb"}) {
    for (const float rate : {0.01F, 0.5F}) {
      const auto [reply, out] = compress(text, at_rate(rate));
      const bool blank_before = text.find_first_not_of(" \n") == std::string_view::npos;
      EXPECT_EQ(out.find_first_not_of(" \n") == std::string::npos, blank_before)
          << '[' << text << ']';
      EXPECT_EQ(text.empty(), out.empty());
    }
  }
}

TEST(SelectWords, AssistantTextEndsWithoutNewBlanks) {
  const auto [reply, out] = compress("Here is the answer to it, and there is quite a lot to say",
                                     at_rate(0.5F), SegmentKind::kAssistant);
  EXPECT_NE(out.back(), ' ');
}

TEST(SelectWords, RepeatMarkersAreCounted) {
  std::string text;
  for (int i = 0; i < 20; ++i)
    text += "2024-05-01 10:00:00 WARN could not reach the host, trying again\n";
  CompressOptions options = at_rate(0.5F);
  options.repeat_markers = true;
  const auto [reply, out] = compress(text, options);
  EXPECT_EQ(out, "2024-05-01 10:00:00 WARN could not reach the host, trying again [x 20]\n");
  EXPECT_EQ(reply.compressed_tokens, testing::o200k().count(out));
  EXPECT_THAT(reply.transforms, ::testing::ElementsAre("log_fold"));
}

}  // namespace
}  // namespace pith
