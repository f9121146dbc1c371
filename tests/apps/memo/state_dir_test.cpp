#include "apps/memo/state_dir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/apps/memo/memo_fixture.h"
#include "tests/child_process.h"

namespace pith {
namespace {

unsigned mode_of(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
}

TEST(StateDir, IsMadeWithItsParentsAndPrivate) {
  const TemporaryDir dir;
  const std::string path = dir.file("a/b/state");
  const auto state = open_state_dir(path);
  ASSERT_TRUE(state) << state.error().detail;
  EXPECT_EQ(mode_of(path), 0700U);
  EXPECT_EQ(state->file("memo.db"), path + "/memo.db");
}

TEST(StateDir, OpenModeIsClosed) {
  const TemporaryDir dir;
  std::filesystem::create_directory(dir.file("state"));
  chmod(dir.file("state").c_str(), 0755);
  ASSERT_TRUE(open_state_dir(dir.file("state")));
  EXPECT_EQ(mode_of(dir.file("state")), 0700U);
}

TEST(StateDir, SecondProcessIsRefusedWithThePidOfTheFirst) {
  const TemporaryDir dir;
  ChildProcess first({PITH_MEMO_CHILD, "hold", dir.file("state")});
  ASSERT_EQ(first.line(), "held");
  const auto second = open_state_dir(dir.file("state"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kStorageFailed);
  EXPECT_NE(second.error().detail.find("process " + std::to_string(first.pid())), std::string::npos)
      << second.error().detail;
  first.kill_now();
  EXPECT_TRUE(open_state_dir(dir.file("state")));
}

TEST(StateDir, LockGoesWithTheObject) {
  const TemporaryDir dir;
  {
    auto state = open_state_dir(dir.file("state"));
    ASSERT_TRUE(state);
    const StateDir moved = *std::move(state);
    EXPECT_FALSE(open_state_dir(dir.file("state")));
  }
  EXPECT_TRUE(open_state_dir(dir.file("state")));
}

TEST(StateDir, FileInTheWayIsAnError) {
  const TemporaryDir dir;
  std::ofstream(dir.file("state")) << "x";
  EXPECT_FALSE(open_state_dir(dir.file("state")));
  EXPECT_FALSE(open_state_dir(""));
}

}  // namespace
}  // namespace pith
