#include "messages/channel/mailbox.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <thread>

namespace pith {
namespace {

bool readable(int fd, int wait_ms) {
  pollfd item{fd, POLLIN, 0};
  return ::poll(&item, 1, wait_ms) == 1;
}

TEST(Mailbox, WakesOnceAndKeepsOrder) {
  Mailbox<std::unique_ptr<int>> mailbox(8);
  EXPECT_FALSE(readable(mailbox.fd(), 0));
  ASSERT_TRUE(mailbox.post(std::make_unique<int>(1)));
  ASSERT_TRUE(mailbox.post(std::make_unique<int>(2)));
  EXPECT_TRUE(readable(mailbox.fd(), 0));
  std::vector<std::unique_ptr<int>> items;
  mailbox.take(items);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(*items[0], 1);
  EXPECT_EQ(*items[1], 2);
  EXPECT_FALSE(readable(mailbox.fd(), 0));
}

TEST(Mailbox, RefusesWhenFullAndLeavesTheItem) {
  Mailbox<std::unique_ptr<int>> mailbox(1);
  ASSERT_TRUE(mailbox.post(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(mailbox.post(std::move(second)));
  EXPECT_TRUE(second != nullptr);  // NOLINT(bugprone-use-after-move): that is the promise
}

TEST(Mailbox, PokeWakesWithoutAnItem) {
  Mailbox<int> mailbox(1);
  mailbox.poke();
  EXPECT_TRUE(readable(mailbox.fd(), 0));
  std::vector<int> items;
  mailbox.take(items);
  EXPECT_TRUE(items.empty());
  EXPECT_FALSE(readable(mailbox.fd(), 0));
}

TEST(Mailbox, LosesNothingFromManyWriters) {
  constexpr int kWriters = 4;
  constexpr int kEach = 5000;
  Mailbox<int> mailbox(kWriters * kEach);
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&mailbox] {
      for (int i = 0; i < kEach; ++i) mailbox.post(int{i});
    });
  }
  std::int64_t sum = 0;
  int count = 0;
  while (count < kWriters * kEach && readable(mailbox.fd(), 5000)) {
    std::vector<int> items;
    mailbox.take(items);
    count += static_cast<int>(items.size());
    for (const int item : items) sum += item;
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(count, kWriters * kEach);
  EXPECT_EQ(sum, std::int64_t{kWriters} * kEach * (kEach - 1) / 2);
}

}  // namespace
}  // namespace pith
