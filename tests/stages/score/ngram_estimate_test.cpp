#include "stages/score/ngram_estimate.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/stages/score/ngram_toy.h"

namespace pith::ngram {
namespace {

Key key_of(std::initializer_list<std::uint16_t> pieces) {
  Key key = 0;
  for (const std::uint16_t piece : pieces) key = (key << kBitsPerPiece) | piece;
  return key;
}

std::map<Key, std::uint32_t> as_map(const std::vector<Key>& keys,
                                    const std::vector<std::uint32_t>& values) {
  std::map<Key, std::uint32_t> map;
  for (std::size_t i = 0; i < keys.size(); ++i) map[keys[i]] = values[i];
  return map;
}

TEST(CountNgrams, CountsEveryLengthAndDoesNotReachAcrossTexts) {
  const std::vector<std::uint16_t> stream = {kTextStart, 1, 2, 1, 2, kTextStart, 2, 1};

  const std::vector<Counts> counts = count_ngrams(stream, 2, Smoothing::kAbsolute);

  const auto unigrams = as_map(counts[0].keys, counts[0].weight);
  EXPECT_EQ(unigrams, (std::map<Key, std::uint32_t>{{1, 3}, {2, 3}}));
  const auto bigrams = as_map(counts[1].keys, counts[1].seen);
  EXPECT_EQ(bigrams, (std::map<Key, std::uint32_t>{{key_of({1, 2}), 2},
                                                   {key_of({2, 1}), 2},
                                                   {key_of({kTextStart, 1}), 1},
                                                   {key_of({kTextStart, 2}), 1}}));
}

TEST(CountNgrams, KneserNeyCountsPiecesBeforeInsteadOfOccurrences) {
  const std::vector<std::uint16_t> stream = {kTextStart, 1, 2, 1, 2, 3, 2};

  const std::vector<Counts> counts = count_ngrams(stream, 2, Smoothing::kKneserNey);

  // Piece 2 stands three times, after two different pieces; piece 1 after a text's start and
  // after 2.
  EXPECT_EQ(as_map(counts[0].keys, counts[0].weight),
            (std::map<Key, std::uint32_t>{{1, 2}, {2, 2}, {3, 1}}));
  EXPECT_EQ(as_map(counts[0].keys, counts[0].seen),
            (std::map<Key, std::uint32_t>{{1, 2}, {2, 3}, {3, 1}}));
}

TEST(Discounts, AreThoseOfChenAndGoodman) {
  // Y = 40 / (40 + 2 * 20) = 0.5; D1 = 1 - 2 * .5 * 20/40, D2 = 2 - 3 * .5 * 10/20, D3 = 3 - 4 * .5
  // * 6/10.
  const std::array<double, 3> actual = discounts({40, 20, 10, 6});

  EXPECT_NEAR(actual[0], 0.5, 1e-12);
  EXPECT_NEAR(actual[1], 1.25, 1e-12);
  EXPECT_NEAR(actual[2], 1.8, 1e-12);
}

TEST(Discounts, StayBelowTheCountWhenTheTextIsTiny) {
  for (const std::array<std::uint64_t, 4> counts :
       {std::array<std::uint64_t, 4>{0, 0, 0, 0}, {3, 0, 0, 0}, {1, 100, 1, 100}}) {
    const std::array<double, 3> actual = discounts(counts);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_GT(actual[i], 0.0);
      EXPECT_LT(actual[i], static_cast<double>(i + 1));
    }
  }
}

class EstimateBothWays : public testing::TestWithParam<Smoothing> {};

TEST_P(EstimateBothWays, ObservedAndBackedOffMassSumToOne) {
  constexpr std::uint32_t kVocab = 40;
  const auto levels = estimate(count_ngrams(toy_stream(kVocab, 4000), 3, GetParam()), kVocab);

  double unigram_mass = 0.0;
  for (const float prob : levels[0].prob) unigram_mass += prob;
  EXPECT_NEAR(unigram_mass, 1.0, 1e-5);
  // In every context: what is seen, plus gamma times what the lower order gives to the unseen.
  // gamma is not exposed, so it is taken from any removal cost: prob / backed_off = exp(cost /
  // seen).
  const Estimates& bigrams = levels[1];
  for (std::size_t begin = 0; begin < bigrams.keys.size();) {
    double seen_mass = 0.0;
    double lower_mass = 0.0;
    double gamma = 0.0;
    std::size_t end = begin;
    for (; end < bigrams.keys.size() &&
           context_of(bigrams.keys[end]) == context_of(bigrams.keys[begin]);
         ++end) {
      const double lower = levels[0].prob[last_piece(bigrams.keys[end])];
      const double ratio =
          std::exp(static_cast<double>(bigrams.removal_cost[end]) / bigrams.seen[end]);
      seen_mass += bigrams.prob[end];
      lower_mass += lower;
      gamma = bigrams.prob[end] / ratio / lower;
    }
    EXPECT_NEAR(seen_mass + gamma * (1.0 - lower_mass), 1.0, 1e-3);
    begin = end;
  }
}

INSTANTIATE_TEST_SUITE_P(Smoothings, EstimateBothWays,
                         testing::Values(Smoothing::kAbsolute, Smoothing::kKneserNey));

}  // namespace
}  // namespace pith::ngram
