#include "apps/train/rl/answer_book.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/temporary_dir.h"

namespace pith {
namespace {

/// Says the prompt backwards; refuses what begins with "!", fails at "?".
class BackwardReader final : public Reader {
 public:
  Result<ReaderAnswer> answer(const std::string& prompt) override {
    ++num_asked;
    if (prompt.front() == '!') return Error{ErrorCode::kPromptTooLong, "too long"};
    if (prompt.front() == '?') return Error{ErrorCode::kUnavailable, "no answer"};
    if (prompt.front() == '#') return Error{ErrorCode::kOverloaded, "the ceiling is reached"};
    ReaderAnswer out;
    out.text.assign(prompt.rbegin(), prompt.rend());
    return out;
  }
  Result<std::vector<LikelyAnswer>> likely_answers(const std::string& prompt) override {
    ++num_asked;
    return std::vector<LikelyAnswer>{{prompt + ":1\n", 0.75}, {"", 0.25}};
  }
  std::atomic<int> num_asked{0};
};

class AnswerBookTest : public ::testing::Test {
 protected:
  std::unique_ptr<AnswerBook> open() {
    auto book = AnswerBook::open(path_, reader_, 3);
    EXPECT_TRUE(book) << book.error().detail;
    return std::move(*book);
  }
  std::vector<std::optional<std::string>> ask(AnswerBook& book, std::vector<std::string> prompts,
                                              AnswerUse use = AnswerUse::kLearning) {
    auto answers = book.ask(prompts, use);
    EXPECT_TRUE(answers) << answers.error().detail;
    std::vector<std::optional<std::string>> texts(prompts.size());
    for (std::size_t i = 0; answers && i < texts.size(); ++i) {
      if (!(*answers)[i].empty()) texts[i] = (*answers)[i].front().text;
    }
    return texts;
  }

  TemporaryDir dir_;
  std::string path_ = dir_.file("answers.txt");
  BackwardReader reader_;
};

TEST_F(AnswerBookTest, EachPromptIsAskedOnceAndAnswersAreInOrder) {
  const auto book = open();
  EXPECT_EQ(book->num_new(std::vector<std::string>{"ab", "cd", "ab"}), 2U);
  const auto answers = ask(*book, {"ab", "c:\nd", "ab"});
  EXPECT_EQ(answers[0], "ba");
  EXPECT_EQ(answers[1], "d\n:c");
  EXPECT_EQ(answers[2], "ba");
  EXPECT_EQ(reader_.num_asked, 2);
  EXPECT_EQ(book->calls(AnswerUse::kLearning), 2U);
  ask(*book, {"ab", "new"}, AnswerUse::kMeasuring);
  EXPECT_EQ(book->calls(AnswerUse::kLearning), 2U);
  EXPECT_EQ(book->calls(AnswerUse::kMeasuring), 1U);
}

TEST_F(AnswerBookTest, WhatIsBehindTheCheckpointIsKnownButCountsAgain) {
  {
    const auto book = open();
    ask(*book, {"a", "b", "c"});
  }
  const auto book = open();
  book->restore(1, 0);
  EXPECT_EQ(book->num_new(std::vector<std::string>{"a", "b", "d"}), 2U);
  EXPECT_EQ(ask(*book, {"b"})[0], "b");
  EXPECT_EQ(book->calls(AnswerUse::kLearning), 2U);
  EXPECT_EQ(reader_.num_asked, 3);  // None of them now.
}

TEST_F(AnswerBookTest, AnUnfinishedEndGoesAndIsAskedAgain) {
  {
    const auto book = open();
    ask(*book, {"first", "second"});
  }
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 3);
  {
    const auto book = open();
    EXPECT_EQ(ask(*book, {"first", "second"})[1], "dnoces");
    EXPECT_EQ(reader_.num_asked, 3);
  }
  const auto book = open();
  ask(*book, {"first", "second"});
  EXPECT_EQ(reader_.num_asked, 3);
}

TEST_F(AnswerBookTest, LikelyAnswersAreOthersThanTheOneAndComeBack) {
  for (int i = 0; i < 2; ++i) {
    const auto book = open();
    EXPECT_EQ(ask(*book, {"ab"})[0], "ba");
    const auto likely = book->ask(std::vector<std::string>{"ab"}, AnswerUse::kLearning, true);
    ASSERT_TRUE(likely);
    ASSERT_EQ(likely->front().size(), 2U);
    EXPECT_EQ(likely->front()[0].text, "ab:1\n");
    EXPECT_EQ(likely->front()[0].chance, 0.75);
    EXPECT_EQ(likely->front()[1].text, "");
    EXPECT_EQ(reader_.num_asked, 2);
  }
}

TEST_F(AnswerBookTest, OnlyTheOwnerReadsTheFile) {
  const auto book = open();
  EXPECT_EQ(std::filesystem::status(path_).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(AnswerBookTest, RefusedPromptsAreRememberedFailedOnesAreNot) {
  const auto book = open();
  for (int i = 0; i < 2; ++i) {
    const auto answers = ask(*book, {"!long", "?down", "fine"});
    EXPECT_FALSE(answers[0]);
    EXPECT_FALSE(answers[1]);
    EXPECT_TRUE(answers[2]);
  }
  EXPECT_EQ(reader_.num_asked, 4);
  EXPECT_EQ(book->calls(AnswerUse::kLearning), 2U);
}

TEST_F(AnswerBookTest, ACeilingEndsItAndKeepsWhatWasAnswered) {
  const auto book = open();
  const auto answers = book->ask(std::vector<std::string>{"a", "#", "b"}, AnswerUse::kLearning);
  ASSERT_FALSE(answers);
  EXPECT_EQ(answers.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(book->num_new(std::vector<std::string>{"a", "b"}), 0U);
}

TEST_F(AnswerBookTest, AnotherFileIsRefused) {
  std::ofstream(path_) << "a file of something else: with a colon, long enough to be looked at\n";
  EXPECT_FALSE(AnswerBook::open(path_, reader_, 1));
}

}  // namespace
}  // namespace pith
