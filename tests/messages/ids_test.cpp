#include "messages/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace pith {
namespace {

Uuid7Source::Random fixed_bytes(std::uint8_t value) {
  return [value](std::span<std::uint8_t> out) {
    for (std::uint8_t& byte : out) byte = value;
  };
}

// The example of RFC 9562, appendix A.6: 2022-02-22T19:22:22Z, rand_a 0xCC3, rand_b
// 0x18C4DC0C0C07398F. The counter's upper half is left free here, so rand_a is 0x4C3.
TEST(Uuid7, LaysOutTheFieldsOfTheRfc) {
  Uuid7Source source([] { return std::int64_t{0x017F22E279B0}; },
                     [](std::span<std::uint8_t> out) {
                       const std::uint8_t bytes[] = {0x18, 0xC4, 0xDC, 0x0C, 0x0C,
                                                     0x07, 0x39, 0x8F, 0x0C, 0xC3};
                       std::copy(std::begin(bytes), std::end(bytes), out.begin());
                     });
  EXPECT_EQ(source.next(), "017f22e2-79b0-74c3-98c4-dc0c0c07398f");
}

TEST(Uuid7, GrowsWithinAMillisecondAndWhenTheClockGoesBack) {
  std::int64_t now = 1000;
  Uuid7Source source([&] { return now; }, fixed_bytes(0xFF));
  std::string last = source.next();
  for (int i = 0; i < 10'000; ++i) {  // more than the counter holds
    if (i == 5000) now = 400;
    const std::string id = source.next();
    ASSERT_LT(last, id) << i;
    last = id;
  }
  now = 2000;
  EXPECT_LT(last, source.next());
}

TEST(Uuid7, IdsOfManyThreadsDiffer) {
  std::vector<std::vector<std::string>> ids(4);
  std::vector<std::thread> threads;
  for (auto& mine : ids) {
    threads.emplace_back([&mine] {
      for (int i = 0; i < 2000; ++i) mine.push_back(new_uuid7());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& mine : ids) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 8000U);
  EXPECT_EQ(all.begin()->size(), 36U);
}

// Python: sha256(b"".join(len(p).to_bytes(8, "little") + p for p in parts)).hexdigest()[:32]
TEST(EventId, IsTheSameForTheSameEventOnly) {
  EXPECT_EQ(event_id("d", "thumbs", "user", "1"), "e6365c441c68e7a5548584d6ea45fb2c");
  std::set<std::string> ids = {event_id("d", "m", "s", "1"), event_id("d", "m", "s", "2"),
                               event_id("d", "m", "t", "1"), event_id("d", "n", "s", "1"),
                               event_id("e", "m", "s", "1"), event_id("dm", "", "s", "1")};
  EXPECT_EQ(ids.size(), 6U);
}

}  // namespace
}  // namespace pith
