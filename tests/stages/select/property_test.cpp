// What holds for every text, option and probability.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/stages/select/prompt.h"

namespace pith {
namespace {

using testing::at_rate;
using testing::compress;

void expect_sound(std::string_view text, const SegmentReply& reply, const std::string& out) {
  ASSERT_TRUE(spans_valid(reply.kept, text.size()));
  ASSERT_TRUE(spans_on_characters(text, reply.kept));
  ASSERT_EQ(reply.compressed_tokens, testing::o200k().count(out));
  ASSERT_LE(reply.compressed_tokens, reply.origin_tokens);
  ASSERT_EQ(reply.transforms.empty(), out == text);
  ASSERT_TRUE(!reply.transforms.empty() || text.empty() || reply.kept.size() == 1);
}

std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> kParts = {"the ",
                                                  "word ",
                                                  "of ",
                                                  "compression ",
                                                  "quickly, ",
                                                  "ends. ",
                                                  "\n",
                                                  "\n\n",
                                                  "\n\n\n\n",
                                                  "  ",
                                                  "- item ",
                                                  "# Head\n",
                                                  "not ",
                                                  "12.5 ",
                                                  "`code x` ",
                                                  "\"quote it\" ",
                                                  "été ",
                                                  "слово ",
                                                  "не ",
                                                  "漢字を書く",
                                                  "我们喜欢。",
                                                  "ไทยภาษา",
                                                  "한국어 ",
                                                  "\xF0\x9F\x98\x80 ",
                                                  "/usr/lib ",
                                                  "snake_case ",
                                                  "https://a.b/c ",
                                                  "```\nx = 1\n```\n",
                                                  "{\"a\": 1, \"b\": [1, 2]}\n",
                                                  "2024-05-01 10:00:00 INFO up\n",
                                                  "| a | b |\n",
                                                  "ERROR: bad\n",
                                                  "<pith-keep>keep this</pith-keep> ",
                                                  "\t",
                                                  "\r\n",
                                                  "\xC2\xA0",
                                                  "\xE3\x80\x80",
                                                  "don't ",
                                                  "’",
                                                  "“so” ",
                                                  "(",
                                                  ") ",
                                                  "—",
                                                  "e\xCC\x81"};
  std::string text;
  const int n = static_cast<int>(random() % 80);
  for (int i = 0; i < n; ++i) text += kParts[random() % kParts.size()];
  return text;
}

CompressOptions random_options(std::mt19937& random) {
  CompressOptions options;
  switch (random() % 4) {
    case 0:
      options.target_rate = 0.05F + 0.9F * static_cast<float>(random() % 100) / 100.0F;
      break;
    case 1:
      options.target_tokens = static_cast<std::uint32_t>(random() % 120);
      break;
    case 2:
      options.threshold = static_cast<float>(random() % 100) / 100.0F;
      break;
    default:
      break;
  }
  if (random() % 4 == 0) options.protect = random() & kProtectAll;
  if (random() % 8 == 0) options.force_tokens = {"of", "漢"};
  options.structure = random() % 4 != 0;
  options.repeat_markers = random() % 3 == 0;
  return options;
}

TEST(SelectProperty, RandomTextsGiveSoundReplies) {
  std::mt19937 random(3);
  for (int round = 0; round < 4000; ++round) {
    const std::string text = random_text(random);
    const CompressOptions options = random_options(random);
    const auto kind = static_cast<SegmentKind>(1 + random() % 6);
    const auto [reply, out] = compress(text, options, kind, round);
    ASSERT_NO_FATAL_FAILURE(expect_sound(text, reply, out)) << round << ": " << text;
    const bool blank = text.find_first_not_of(" \n\t\r") == std::string::npos;
    ASSERT_EQ(out.find_first_not_of(" \n\t\r") == std::string::npos, blank) << text;
    for (const std::string& token : options.force_tokens) {
      std::size_t before = 0;
      std::size_t after = 0;
      for (std::size_t at = text.find(token); at != std::string::npos;
           at = text.find(token, at + 1))
        ++before;
      for (std::size_t at = out.find(token); at != std::string::npos; at = out.find(token, at + 1))
        ++after;
      ASSERT_GE(after, before) << text;
    }
  }
}

TEST(SelectProperty, ReplyIsDeterministic) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    const std::string text = random_text(random);
    EXPECT_EQ(compress(text, at_rate(0.4F)).reply.kept, compress(text, at_rate(0.4F)).reply.kept);
  }
}

TEST(SelectProperty, AHigherRateKeepsAtLeastAsMuch) {
  for (const auto& [name, text] : testing::sample_files()) {
    std::uint32_t before = 0;
    for (int rate = 5; rate <= 100; rate += 5) {
      const auto [reply, out] = compress(text, at_rate(static_cast<float>(rate) / 100.0F));
      EXPECT_GE(reply.compressed_tokens, before) << name << " at " << rate;
      before = reply.compressed_tokens;
    }
  }
}

// What was code, table or log before is so after: compressing twice cannot reach into it.
TEST(SelectProperty, RegionsOfTheOutputHoldTheSameCode) {
  for (const auto& [name, text] : testing::sample_files()) {
    const std::string out = compress(text, at_rate(0.6F)).text;
    const auto bytes = [](std::string_view t, RegionKind kind) {
      std::string all;
      for (const Region& region : find_structure(t, SegmentKind::kToolResult, {}).regions) {
        if (region.kind == kind)
          all.append(t.substr(region.span.begin, region.span.end - region.span.begin));
      }
      std::erase_if(all, [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; });
      return all;
    };
    if (find_structure(text, SegmentKind::kToolResult, {}).transforms.empty()) {
      EXPECT_GE(bytes(out, RegionKind::kCode).size(), bytes(text, RegionKind::kCode).size())
          << name;
    }
    EXPECT_GE(bytes(out, RegionKind::kJson).size(), bytes(text, RegionKind::kJson).size()) << name;
  }
}

TEST(SelectProperty, DialIsMetOnEverySample) {
  for (const auto& [name, text] : testing::sample_files()) {
    for (const float rate : {0.35F, 0.5F, 0.66F, 0.8F}) {
      const auto [reply, out] = compress(text, at_rate(rate));
      const double target = std::floor(rate * reply.origin_tokens + 1e-4);
      if (reply.compressed_tokens <= target) continue;
      bool said = false;
      for (const std::string& note : reply.notes)
        said = said || note.find("protected words alone") != std::string::npos ||
               note.find("the rest keeps") != std::string::npos ||
               note.find("no words to drop") != std::string::npos;
      EXPECT_TRUE(said) << name << ": " << reply.compressed_tokens << " of " << reply.origin_tokens;
    }
  }
}

}  // namespace
}  // namespace pith
