#include <gtest/gtest.h>

#include <atomic>

#include "tests/apps/memo/memo_fixture.h"

namespace pith {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

class MemoPrune : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    memo_.reset();
    Memo::Options options;
    options.path = dir_.file("memo.db");
    options.keep_days = 30;
    options.now_us = [this] { return day_ * kDayUs + 1; };
    memo_ = open_memo(options);
    ASSERT_NE(memo_, nullptr);
  }
  void commit(const std::string& conversation, int num_texts) {
    std::vector<std::pair<KeyedHash, SentForm>> texts;
    for (int i = 0; i < num_texts; ++i) {
      texts.emplace_back(hash_of(std::to_string(i)), seeded_form(static_cast<std::uint32_t>(i)));
    }
    ASSERT_TRUE(commit_now(*memo_, hash_of(conversation), {"p", day_ * kDayUs}, texts));
  }
  bool known(const std::string& conversation) {
    const auto found = memo_->find(hash_of(conversation), {hash_of("0")});
    return found && (*found)[0].has_value();
  }

  TemporaryDir dir_;
  std::atomic<std::int64_t> day_{20'000};
  std::unique_ptr<Memo> memo_;
};

TEST_F(MemoPrune, DeletesOnlyWhatNobodyTouchedForKeepDays) {
  commit("old", 700);  // more than one piece
  commit("read again", 3);
  day_ += 20;
  commit("young", 2);
  EXPECT_TRUE(known("read again"));
  reopen();  // the touch must be on disk, not only in memory
  day_ += 11;
  EXPECT_EQ(memo_->prune(), 1U);
  EXPECT_EQ(memo_->rows(), 5U);
  EXPECT_FALSE(known("old"));
  EXPECT_TRUE(known("read again"));
  EXPECT_TRUE(known("young"));
  reopen();
  EXPECT_EQ(memo_->rows(), 5U);
  EXPECT_FALSE(known("old"));
}

TEST_F(MemoPrune, ForgottenConversationBeginsAnewWithoutItsOldForms) {
  commit("c", 5);
  day_ += 31;
  EXPECT_EQ(memo_->prune(), 1U);
  commit("c", 1);
  reopen();
  const auto found = memo_->find(hash_of("c"), {hash_of("0"), hash_of("1")});
  ASSERT_TRUE(found);
  EXPECT_TRUE((*found)[0].has_value());
  EXPECT_FALSE((*found)[1].has_value());
  EXPECT_EQ((*memo_->find_conversation(hash_of("c")))->begun_us, day_ * kDayUs);
}

TEST_F(MemoPrune, HappensByItselfWhenIdle) {
  commit("old", 300);
  day_ += 31;
  memo_.reset();
  Memo::Options options;
  options.path = dir_.file("memo.db");
  options.prune_every = std::chrono::milliseconds(5);
  options.now_us = [this] { return day_ * kDayUs; };
  memo_ = open_memo(options);
  ASSERT_NE(memo_, nullptr);
  for (int i = 0; i < 2000 && memo_->rows() > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(memo_->rows(), 0U);
}

}  // namespace
}  // namespace pith
