#include "stages/select/budget.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/stages/select/prompt.h"

namespace pith {
namespace {

struct Case {
  std::string text;
  TokenizedSegment segment;
  std::vector<float> probs;

  explicit Case(std::string t, std::uint32_t seed = 1)
      : text(std::move(t)),
        segment(testing::make_segment(text, SegmentKind::kPlain, {})),
        probs(testing::made_up_probs(text, segment, seed)) {}

  Budget budget() const {
    return {text, segment, probs, std::vector<bool>(probs.size(), true), {}, testing::o200k()};
  }
  std::uint32_t count(const Choice& choice) const {
    return testing::o200k().count(apply_spans(text, choice.kept));
  }
};

const std::string kStory =
    "The quick brown fox jumps over the lazy dog, and then it walks home again.\n\nNobody saw it "
    "go; "
    "the dog slept on, the evening was warm and the river ran quietly under the old bridge.\n"
    "- a first thing to remember\n- a second thing, much longer than the first one was\n";

// Goal: the prefix is the largest that fits, on the text that goes out. Method: count that text,
// and the one with the next word, whole.
TEST(Budget, WithinMeetsTheTargetAndTheNextWordWouldExceedIt) {
  int exceeded = 0;
  for (const auto& [name, text] : testing::sample_files()) {
    const Case c(text);
    if (c.segment.words.size() < 5) continue;
    const std::uint32_t least = c.budget().first(1).tokens;
    const std::uint32_t most = c.budget().all().tokens;
    for (int part = 1; part < 10; ++part) {
      const std::uint32_t target = least + (most - least) * static_cast<std::uint32_t>(part) / 10;
      Budget budget = c.budget();
      const Choice choice = budget.within(target);
      ASSERT_EQ(choice.tokens, c.count(choice)) << name;
      ASSERT_LE(choice.tokens, target) << name;
      ASSERT_EQ(choice.num_kept + choice.num_dropped, budget.num_words()) << name;
      if (choice.num_dropped == 0) continue;
      ASSERT_GT(c.budget().first(choice.num_kept + 1).tokens, target) << name << " at " << target;
      ++exceeded;
    }
  }
  EXPECT_GT(exceeded, 20);
}

TEST(Budget, EveryTargetOfAShortTextIsMet) {
  const Case c(kStory);
  const std::uint32_t most = c.budget().all().tokens;
  for (std::uint32_t target = 2; target < most; ++target) {
    const Choice choice = c.budget().within(target);
    ASSERT_EQ(choice.tokens, c.count(choice));
    ASSERT_LE(choice.tokens, target);
    ASSERT_GT(c.budget().first(choice.num_kept + 1).tokens, target);
  }
}

TEST(Budget, AListMarkerStaysWithItsItem) {
  Case c("- alpha beta\n- gamma delta\n");
  for (std::size_t i = 0; i < c.probs.size(); ++i) c.probs[i] = 0.1F;
  const auto text_of = [&](const Choice& choice) { return apply_spans(c.text, choice.kept); };
  ASSERT_EQ(c.segment.words.size(), 6U);
  c.probs[5] = 0.9F;  // delta
  EXPECT_EQ(text_of(c.budget().above(0.5F)), "- delta\n");
  c.probs[1] = 0.8F;  // alpha
  EXPECT_EQ(text_of(c.budget().above(0.5F)), "- alpha\n- delta\n");
}

TEST(Budget, KeepsOneWordAtLeast) {
  Case c("alpha beta gamma");
  EXPECT_EQ(c.budget().within(0).num_kept, 1U);
  EXPECT_EQ(c.budget().above(1.0F).num_kept, 1U);
}

TEST(Budget, TiesBreakByPosition) {
  Case c("alpha beta gamma delta");
  std::fill(c.probs.begin(), c.probs.end(), 0.5F);
  EXPECT_EQ(apply_spans(c.text, c.budget().within(2).kept), "alpha beta");
}

TEST(Budget, AScoreThatIsNoNumberStaysLongest) {
  Case c("alpha beta gamma delta");
  std::fill(c.probs.begin(), c.probs.end(), 0.9F);
  c.probs[2] = std::nanf("");
  EXPECT_EQ(apply_spans(c.text, c.budget().within(1).kept), "gamma");
}

}  // namespace
}  // namespace pith
