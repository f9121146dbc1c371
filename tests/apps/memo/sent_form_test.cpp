#include "apps/memo/sent_form.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/apps/memo/memo_fixture.h"

namespace pith {
namespace {

TEST(SentFormCode, ReadsBackWhatItWrote) {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    const SentForm form = seeded_form(seed);
    const auto back = decode_sent_form(encode(form));
    ASSERT_TRUE(back) << seed;
    ASSERT_EQ(*back, form) << seed;
  }
}

TEST(SentFormCode, KeepsExtremes) {
  SentForm form;
  form.raw = false;
  form.kept = {{0, 1}, {1, 2}, {0xFFFFFFF0, 0xFFFFFFFF}};
  form.markers = {{0, 0xFFFFFFFF}, {0, 1}, {0xFFFFFFFF, 0}};
  form.origin_tokens = form.compressed_tokens = 0xFFFFFFFF;
  form.decision_id = "not a uuid";
  EXPECT_EQ(*decode_sent_form(encode(form)), form);
  form.decision_id = "0190B5A0-7C3E-7D4F-8A1B-000000000000";  // upper case must come back as it was
  EXPECT_EQ(*decode_sent_form(encode(form)), form);
  EXPECT_EQ(*decode_sent_form(encode(SentForm{})), SentForm{});
}

TEST(SentFormCode, TakesAboutTwoBytesASpan) {
  SentForm form;
  form.raw = false;
  for (std::uint32_t at = 0; at < 20'000; at += 40) form.kept.push_back({at, at + 20});
  form.decision_id = "0190b5a0-7c3e-7d4f-8a1b-100000000000";
  EXPECT_LE(encode(form).size(), 2 * form.kept.size() + 32);
}

TEST(SentFormCode, DamagedBytesAreAnErrorOrAValidForm) {
  std::mt19937 random(1);
  int refused = 0;
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    std::vector<std::uint8_t> bytes = encode(seeded_form(seed % 100));
    if (seed % 2 == 0) {
      bytes.resize(random() % bytes.size());
    } else {
      bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
    }
    const auto form = decode_sent_form(bytes);
    if (!form) {
      ++refused;
    } else {
      ASSERT_TRUE(spans_valid(form->kept, 0xFFFFFFFF));
    }
  }
  EXPECT_GT(refused, 1500);  // every cut one, and more
}

TEST(SentFormCode, HugeCountDoesNotAllocate) {
  const std::vector<std::uint8_t> bytes = {0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F};
  EXPECT_FALSE(decode_sent_form(bytes));
}

}  // namespace
}  // namespace pith
