#include <gtest/gtest.h>

#include <cstdint>
#include <map>

#include "tests/apps/memo/memo_fixture.h"
#include "tests/child_process.h"

namespace pith {
namespace {

// Goal: what `done` reported is there after kill -9. Method: 50 processes over one file, killed at
// once after a report.
TEST(MemoCrash, KilledProcessLosesNothingThatWasReported) {
  const TemporaryDir dir;
  std::vector<std::uint32_t> reported;
  for (std::uint32_t round = 0; round < 50; ++round) {
    ChildProcess child(
        {PITH_MEMO_CHILD, "write", dir.file("memo.db"), std::to_string(round * 1000)});
    const std::uint32_t lines = 1 + round * 7 % 20;
    for (std::uint32_t i = 0; i < lines; ++i) {
      const std::string line = child.line();
      ASSERT_NE(line, "") << "round " << round;
      reported.push_back(static_cast<std::uint32_t>(std::stoul(line)));
    }
    child.kill_now();
    for (std::string line = child.line(); !line.empty(); line = child.line()) {
      reported.push_back(static_cast<std::uint32_t>(std::stoul(line)));
    }
    if (round % 10 != 9) continue;
    const auto memo = open_memo(dir.file("memo.db"));
    ASSERT_NE(memo, nullptr);
    for (const std::uint32_t number : reported) {
      const auto found = memo->find(hash_of("conversation " + std::to_string(number % 4)),
                                    {hash_of("text " + std::to_string(number))});
      ASSERT_TRUE(found);
      ASSERT_TRUE((*found)[0].has_value()) << "round " << round << " text " << number;
      EXPECT_EQ(*(*found)[0], seeded_form(number));
    }
    EXPECT_GE(memo->rows(), reported.size());
  }
  EXPECT_GT(reported.size(), 400U);
}

TEST(MemoCrash, TinyDiskFullThenFreedWorksAgain) {
  const TemporaryDir dir;
  ChildProcess child({PITH_MEMO_CHILD, "full", dir.path()});
  const int code = child.wait_exit();
  if (code == 77) GTEST_SKIP() << "no right to mount a tmpfs here";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace pith
