#include "stages/reward/metrics/survival.h"

#include <gtest/gtest.h>

namespace pith {
namespace {

using Texts = std::vector<std::string>;

TEST(AnswerSurvives, WordByWordAfterNormalisation) {
  EXPECT_TRUE(
      answer_survives("It left from The Hague, on Monday", Texts{"hague"}, AnswerUnit::kWords));
  EXPECT_TRUE(
      answer_survives("the left, hand", Texts{"right hand", "left hand"}, AnswerUnit::kWords));
  EXPECT_FALSE(answer_survives("left the other hand", Texts{"left hand"}, AnswerUnit::kWords));
  EXPECT_FALSE(answer_survives("handy", Texts{"hand"}, AnswerUnit::kWords)) << "whole words";
  EXPECT_FALSE(answer_survives("anything", Texts{"the"}, AnswerUnit::kWords)) << "an empty answer";
}

TEST(AnswerSurvives, CharacterByCharacter) {
  EXPECT_TRUE(answer_survives("都は東京です", Texts{"東京"}, AnswerUnit::kCharacters));
  EXPECT_FALSE(answer_survives("東の京", Texts{"東京"}, AnswerUnit::kCharacters));
}

TEST(PlainWords, CutIdentifiersAndScriptsWithoutBlanks) {
  EXPECT_EQ(plain_words("getUserName(max_len2) HTTPServer"),
            (Texts{"get", "user", "name", "max", "len2", "httpserver"}));
  EXPECT_EQ(plain_words("東京へ go"), (Texts{"東", "京", "へ", "go"}));
}

TEST(ContentWordRecall, IsTheShareOfWordsStillThere) {
  // Content words: get, list, names, users; "the", "of", "all" are none.
  EXPECT_EQ(content_words("Get the list of all users, users' names"),
            (Texts{"get", "list", "names", "users"}));
  EXPECT_DOUBLE_EQ(content_word_recall("def get_names(): users", "Get the list of users' names"),
                   0.75);
  EXPECT_DOUBLE_EQ(content_word_recall("", "Get it"), 0.0);
  EXPECT_DOUBLE_EQ(content_word_recall("", "of the"), 1.0);
}

}  // namespace
}  // namespace pith
