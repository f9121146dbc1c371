#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/apps/memo/memo_fixture.h"

namespace pith {
namespace {

/// Writes of this process beyond `bytes` of a file fail while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  sighandler_t old_handler_ = nullptr;
};

/// Commits texts "0", "1", ... two a request until one fails; returns the number of the first
/// failed text.
std::uint32_t fill(Memo& memo, const KeyedHash& conversation) {
  for (std::uint32_t number = 0; number < 100'000; number += 2) {
    if (!commit_now(memo, conversation, {"p", 1},
                    {{hash_of(std::to_string(number)), seeded_form(number)},
                     {hash_of(std::to_string(number + 1)), seeded_form(number + 1)}})) {
      return number;
    }
  }
  return 0;
}

void expect_exactly(Memo& memo, const KeyedHash& conversation, std::uint32_t count) {
  for (std::uint32_t number = 0; number < count + 2; ++number) {
    const auto found = memo.find(conversation, {hash_of(std::to_string(number))});
    ASSERT_TRUE(found);
    ASSERT_EQ((*found)[0].has_value(), number < count) << number;
    if (number < count) {
      ASSERT_EQ(*(*found)[0], seeded_form(number));
    }
  }
  EXPECT_EQ(memo.rows(), count);
}

TEST(MemoFullDisk, RefusedPageIsAnErrorAndNothingIsHalfWritten) {
  const TemporaryDir dir;
  const KeyedHash conversation = hash_of("c");
  std::uint32_t full = 0;
  {
    Memo::Options options;
    options.path = dir.file("memo.db");
    options.page_count_max = 24;
    const auto memo = open_memo(options);
    ASSERT_NE(memo, nullptr);
    full = fill(*memo, conversation);
    ASSERT_GT(full, 0U);
    SentForm big;
    big.decision_id.assign(9000, 'd');
    const auto again = commit_now(*memo, conversation, {"p", 1}, {{hash_of("big"), big}});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::kStorageFailed);
    EXPECT_NE(again.error().detail.find("full"), std::string::npos) << again.error().detail;
    EXPECT_GE(memo->counters().failures, 2U);
    expect_exactly(*memo, conversation, full);
  }
  const auto memo = open_memo(dir.file("memo.db"));
  ASSERT_NE(memo, nullptr);
  expect_exactly(*memo, conversation, full);
  EXPECT_TRUE(commit_now(*memo, conversation, {"p", 1},
                         {{hash_of(std::to_string(full)), seeded_form(full)}}));
  expect_exactly(*memo, conversation, full + 1);
}

TEST(MemoFullDisk, FailedWriteRecoversInTheSameProcess) {
  const TemporaryDir dir;
  const KeyedHash conversation = hash_of("c");
  const auto memo = open_memo(dir.file("memo.db"));
  ASSERT_NE(memo, nullptr);
  std::uint32_t full = 0;
  {
    const FileSizeLimit limit(300'000);
    full = fill(*memo, conversation);
    ASSERT_GT(full, 0U);
    expect_exactly(*memo, conversation, full);
  }
  ASSERT_TRUE(commit_now(*memo, conversation, {"p", 1},
                         {{hash_of(std::to_string(full)), seeded_form(full)}}));
  expect_exactly(*memo, conversation, full + 1);
}

}  // namespace
}  // namespace pith
