// From the text of a prompt to the ids that the decoder reads.
#include "apps/reader/summary_prompt.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/apps/reader/summary_vocabulary.h"

namespace pith {
namespace {

TEST(ParseSummaryPrompt, OtherPromptsAreRefused) {
  for (const char* prompt : {"", "Code:", "\n\nCode:\n", "\n\nTranscript:\nabc\nAnswer:",
                             "x\n\nContext:\ny\n\nQuestion: z\nAnswer:"}) {
    const auto query = parse_summary_prompt(prompt);
    ASSERT_FALSE(query) << prompt;
    EXPECT_EQ(query.error().code, ErrorCode::kPromptTooLong) << "others may be answered";
  }
}

TEST(ParseSummaryPrompt, TheLastRequestCounts) {
  const auto query = parse_summary_prompt(
      "Do.\n\nTranscript:\nA: x\n\nRequest: no\nB: y\n\nRequest: What is y?\nAnswer:");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->text, "A: x\n\nRequest: no\nB: y");
  EXPECT_EQ(query->query, "What is y?");
}

class SummaryPiecesTest : public testing::SummaryVocabulary {};

TEST_F(SummaryPiecesTest, TextComesBack) {
  for (const char* text : {"the house", "a - b (c)", "Zürich 0815 ÿ", ""}) {
    EXPECT_EQ(pieces_->decode(pieces_->encode(text)), text);
  }
}

TEST_F(SummaryPiecesTest, MarksAreNoText) {
  std::vector<std::int32_t> ids = pieces_->encode("the house");
  ids.insert(ids.begin(), {SummaryPieces::kBegin, pieces_->separator(), pieces_->query_end()});
  ids.insert(ids.end(), {SummaryPieces::kEnd, pieces_->first_gate(), pieces_->vocab_size() - 1});
  EXPECT_EQ(pieces_->decode(ids), "the house");
}

TEST_F(SummaryPiecesTest, AWordHasAllItsPieces) {
  std::size_t of_several = 0;
  for (std::int32_t id = SummaryPieces::kFirstPiece; id < pieces_->num_pieces(); ++id) {
    const auto all = pieces_->pieces_of(pieces_->word_of(id));
    EXPECT_EQ(std::ranges::count(all, id), 1);
    EXPECT_TRUE(std::ranges::is_sorted(all));
    of_several += all.size() > 1 ? 1 : 0;
  }
  EXPECT_GT(of_several, 10U);
}

class SummaryPromptTest : public testing::SummaryVocabulary {
 protected:
  static std::string many_lines(std::size_t number) {
    std::string text;
    for (std::size_t i = 0; i < number; ++i) text += "the same line of little use as before\n";
    return text;
  }
};

TEST_F(SummaryPromptTest, AShortTextIsReadWhole) {
  const SummaryPrompt prompt = summary_prompt(*pieces_, {"the house", "who?"}, 64);
  std::vector<std::int32_t> expected = {SummaryPieces::kBegin};
  const auto add = [&](const std::vector<std::int32_t>& ids) {
    expected.insert(expected.end(), ids.begin(), ids.end());
  };
  add(pieces_->encode("who?"));
  add({pieces_->query_end()});
  add(pieces_->encode("the house"));
  add({pieces_->separator()});
  EXPECT_EQ(prompt.ids, expected);
  EXPECT_EQ(pieces_->decode(prompt.text()), "the house");
}

TEST_F(SummaryPromptTest, WithoutATextOnlyTheMarksAreLeft) {
  const SummaryPrompt prompt = summary_prompt(*pieces_, {"", ""}, 64);
  EXPECT_EQ(prompt.ids, (std::vector<std::int32_t>{SummaryPieces::kBegin, pieces_->separator()}));
  EXPECT_EQ(prompt.text_size, 0U);
}

TEST_F(SummaryPromptTest, OfALongTextWhatIsAskedAboutIsRead) {
  const std::string text = many_lines(40) + "Zoltan paints gondolas.\n" + many_lines(40);
  const SummaryPrompt prompt = summary_prompt(*pieces_, {text, "What does Zoltan paint?"}, 120);
  EXPECT_LE(prompt.ids.size(), 120U);
  EXPECT_NE(pieces_->decode(prompt.text()).find("Zoltan paints gondolas."), std::string::npos);
  const SummaryPrompt without = summary_prompt(*pieces_, {text, ""}, 120);
  EXPECT_EQ(pieces_->decode(without.text()).find("Zoltan"), std::string::npos);
}

TEST_F(SummaryPromptTest, WithoutAQueryBeginningAndEndAreRead) {
  const std::vector<std::int32_t> text(1000, 10);
  const auto spans = stretches_to_read(*pieces_, text, {}, 90);
  EXPECT_EQ(spans, (std::vector<PieceSpan>{{0, 60}, {970, 1000}}));
}

TEST_F(SummaryPromptTest, NeverMoreThanThereIsRoomFor) {
  const std::string long_query = many_lines(30) + "Zoltan";
  for (const std::size_t room : {4U, 5U, 50U, 97U, 300U}) {
    for (const char* query : {"", "Zoltan?", long_query.c_str()}) {
      const std::string text = many_lines(60) + "Zoltan " + many_lines(10);
      const SummaryPrompt prompt = summary_prompt(*pieces_, {text, query}, room);
      EXPECT_LE(prompt.ids.size(), room);
      EXPECT_GT(prompt.text_size, 0U);
      EXPECT_EQ(prompt.ids.back(), pieces_->separator());
    }
  }
}

}  // namespace
}  // namespace pith
