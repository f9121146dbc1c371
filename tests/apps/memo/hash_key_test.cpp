#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <set>
#include <thread>

#include "tests/apps/memo/memo_fixture.h"

namespace pith {
namespace {

TEST(HashKey, PartsDoNotRunTogether) {
  const HashKey key{{1}};
  std::set<KeyedHash> hashes;
  hashes.insert(key.of({"ab", "c"}));
  hashes.insert(key.of({"a", "bc"}));
  hashes.insert(key.of({"abc"}));
  hashes.insert(key.of({"abc", ""}));
  hashes.insert(key.of({"", "abc"}));
  hashes.insert(key.of({}));
  EXPECT_EQ(hashes.size(), 6U);
}

TEST(HashKey, AnotherKeyGivesAnotherHash) {
  EXPECT_NE(HashKey{{1}}.of({"text"}), HashKey{{2}}.of({"text"}));
  EXPECT_EQ(HashKey{{1}}.of({"text"}), HashKey{{1}}.of({"text"}));
}

// BLAKE2b-128, key 00 01 .. 1f, message 03 00 00 00 00 00 00 00 "abc": Python's
// hashlib.blake2b(..., digest_size=16, key=...).
TEST(HashKey, IsKeyedBlake2b) {
  std::array<std::uint8_t, 32> secret{};
  for (std::size_t i = 0; i < secret.size(); ++i) secret[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(to_hex(HashKey{secret}.of({"abc"})), "e66ff3421a8e899ea521cf234e7c5905");
}

TEST(HashKey, SameInEveryThread) {
  const HashKey key{{7}};
  const KeyedHash here = key.of({"x", "y"});
  KeyedHash there{};
  std::thread([&] { there = key.of({"x", "y"}); }).join();
  EXPECT_EQ(here, there);
}

TEST(HashKey, SecretIsMadeOnceAndPrivate) {
  const TemporaryDir dir;
  const auto first = HashKey::load_or_create(dir.path());
  const auto second = HashKey::load_or_create(dir.path());
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(first->of({"x"}), second->of({"x"}));
  struct stat info {};
  ASSERT_EQ(stat(dir.file("hash.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(info.st_size, 32);

  const TemporaryDir other;
  EXPECT_NE(HashKey::load_or_create(other.path())->of({"x"}), first->of({"x"}));
}

TEST(HashKey, CutSecretIsRefusedAndNotReplaced) {
  const TemporaryDir dir;
  std::ofstream(dir.file("hash.key")) << "short";
  const auto key = HashKey::load_or_create(dir.path());
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, ErrorCode::kFileUnreadable);
  EXPECT_EQ(std::filesystem::file_size(dir.file("hash.key")), 5U);
}

}  // namespace
}  // namespace pith
