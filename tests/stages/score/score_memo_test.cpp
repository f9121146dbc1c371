#include "stages/score/score_memo.h"

#include <gtest/gtest.h>

#include <thread>

namespace pith {
namespace {

ChunkKey key_of(std::int32_t id) { return ChunkKey::of(std::vector<std::int32_t>{id}); }
ScoreMemo::Scores scores_of(float value, std::size_t size = 100) {
  return std::make_shared<const std::vector<float>>(size, value);
}

TEST(ScoreMemo, FindsWhatWasStored) {
  ScoreMemo memo(1 << 20);
  EXPECT_EQ(memo.find(key_of(1)), nullptr);
  memo.store(key_of(1), scores_of(0.5F));
  memo.store(key_of(2), scores_of(2.5F));
  ASSERT_NE(memo.find(key_of(1)), nullptr);
  EXPECT_EQ(memo.find(key_of(1))->front(), 0.5F);
  EXPECT_EQ(memo.size(), 2U);
}

TEST(ScoreMemo, KeyTellsIdsAndTheirOrderApart) {
  const auto key = [](std::vector<std::int32_t> ids) { return ChunkKey::of(ids); };
  EXPECT_EQ(key({1, 2, 3}), key({1, 2, 3}));
  EXPECT_NE(key({1, 2, 3}), key({1, 3, 2}));
  EXPECT_NE(key({1, 2}), key({1, 2, 0}));
  EXPECT_NE(key({}), key({0}));
}

TEST(ScoreMemo, StaysWithinItsBytesAndForgetsTheLongestUnused) {
  ScoreMemo memo(10'000);
  for (std::int32_t id = 0; id < 100; ++id) {
    memo.store(key_of(id), scores_of(static_cast<float>(id)));
    EXPECT_NE(memo.find(key_of(0)), nullptr) << "used each time, so never the oldest: " << id;
    EXPECT_LE(memo.bytes(), 10'000U);
  }
  EXPECT_GE(memo.size(), 10'000U / (400 + 300));
  EXPECT_NE(memo.find(key_of(99)), nullptr);
  EXPECT_EQ(memo.find(key_of(50)), nullptr);
}

TEST(ScoreMemo, WhatIsLargerThanAllOfItIsNotStored) {
  ScoreMemo memo(1000);
  memo.store(key_of(1), scores_of(1, 10));
  memo.store(key_of(2), scores_of(1, 1000));
  EXPECT_EQ(memo.find(key_of(2)), nullptr);
  EXPECT_NE(memo.find(key_of(1)), nullptr);
}

TEST(ScoreMemo, ManyThreadsSeeWholeEntries) {
  ScoreMemo memo(20'000);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::int32_t i = 0; i < 2000; ++i) {
        const std::int32_t id = (i * 7 + t) % 90;
        if (const auto found = memo.find(key_of(id))) {
          if (found->size() != 100 || found->back() != static_cast<float>(id)) ++wrong;
        } else {
          memo.store(key_of(id), scores_of(static_cast<float>(id)));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(memo.bytes(), 20'000U);
}

}  // namespace
}  // namespace pith
