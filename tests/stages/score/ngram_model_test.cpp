#include "stages/score/ngram_model.h"

#include <gtest/gtest.h>

#include "tests/stages/score/ngram_toy.h"

namespace pith {
namespace {

using ngram::as_bytes;
using ngram::KeptLevel;
using ngram::Key;

constexpr std::uint32_t kVocab = 40;

/// The slow obvious twin: back-off by its textbook definition, over unquantised levels.
double slow_prob(const std::vector<KeptLevel>& levels, std::span<const std::uint16_t> context,
                 std::uint16_t piece) {
  const auto key_of = [](std::span<const std::uint16_t> pieces) {
    Key key = 0;
    for (const std::uint16_t p : pieces) key = (key << ngram::kBitsPerPiece) | p;
    return key;
  };
  std::vector<std::uint16_t> pieces(context.begin(), context.end());
  pieces.push_back(piece);
  const KeptLevel& level = levels[pieces.size() - 1];
  const std::size_t found = level.find_or_end(key_of(pieces));
  if (found < level.keys.size()) return level.prob[found];
  const KeptLevel& below = levels[context.size() - 1];
  const std::size_t at = below.find_or_end(key_of(context));
  const double factor = at < below.keys.size() ? below.backoff[at] : 1.0;
  return factor * slow_prob(levels, context.subspan(1), piece);
}

class NgramModelOrders : public testing::TestWithParam<std::tuple<int, std::uint64_t>> {};

TEST_P(NgramModelOrders, AgreesWithTextbookBackOff) {
  const auto [order, bytes_max] = GetParam();
  const std::vector<KeptLevel> levels = ngram::toy_levels(kVocab, order, bytes_max);
  const std::string file = ngram::toy_file(levels);
  const Result<NgramModel> model = NgramModel::parse(as_bytes(file), "toy");
  ASSERT_TRUE(model) << model.error().detail;

  const std::vector<std::uint16_t> text = ngram::toy_stream(kVocab, 300, /*seed=*/99);
  NgramModel::State state;
  std::vector<std::uint16_t> context;
  for (const std::uint16_t piece : text) {
    if (piece == ngram::kTextStart) {
      state = {};
      context.clear();
      continue;
    }
    const double expected = -std::log(slow_prob(levels, context, piece));
    // Half a step of surprisal and half a step for every back-off.
    EXPECT_NEAR(model->advance(state, piece), expected, 1.0 / 24 + order / 32.0 + 1e-4);
    context.push_back(piece);
    if (context.size() == static_cast<std::size_t>(order)) context.erase(context.begin());
  }
}

TEST_P(NgramModelOrders, EveryDistributionSumsToOne) {
  const auto [order, bytes_max] = GetParam();
  const std::string file = ngram::toy_file(ngram::toy_levels(kVocab, order, bytes_max));
  const Result<NgramModel> model = NgramModel::parse(as_bytes(file), "toy");
  ASSERT_TRUE(model);

  NgramModel::State state;
  for (const std::uint16_t piece : ngram::toy_stream(kVocab, 200, /*seed=*/5)) {
    if (piece == ngram::kTextStart) continue;
    model->advance(state, piece);
    double mass = 0.0;
    for (std::uint32_t next = 0; next < kVocab; ++next) {
      NgramModel::State copy = state;
      mass += std::exp(-model->advance(copy, next));
    }
    EXPECT_NEAR(mass, 1.0, 0.05);  // Quantised: 1/24 of a nat is 4 %.
  }
}

TEST_P(NgramModelOrders, FitsTheBytesItWasGiven) {
  const auto [order, bytes_max] = GetParam();
  const std::vector<KeptLevel> levels = ngram::toy_levels(kVocab, order, bytes_max);

  EXPECT_LE(ngram::bytes_of(levels), bytes_max);
  EXPECT_LE(ngram::toy_file(levels).size(), bytes_max + 500);
}

INSTANTIATE_TEST_SUITE_P(OrdersAndSizes, NgramModelOrders,
                         testing::Combine(testing::Values(2, 3, 4),
                                          testing::Values(std::uint64_t{1500},
                                                          std::uint64_t{1} << 20)));

TEST(NgramModel, PieceOutsideTheVocabularyIsTheMostSurprisingAndForgetsTheContext) {
  const std::string file = ngram::toy_file(ngram::toy_levels(kVocab, 3, 1 << 20));
  const Result<NgramModel> model = NgramModel::parse(as_bytes(file), "toy");
  ASSERT_TRUE(model);
  NgramModel::State fresh, used;
  model->advance(used, 3);

  EXPECT_FLOAT_EQ(model->advance(used, kVocab), 255.0F / 12.0F);
  EXPECT_FLOAT_EQ(model->advance(used, 5), model->advance(fresh, 5));
}

TEST(NgramModel, PruningKeepsTheNgramsThatMatter) {
  const auto stream = ngram::toy_stream(kVocab, 4000);
  const auto fit = [&](std::uint64_t bytes_max) {
    const std::string file = ngram::toy_file(ngram::toy_levels(kVocab, 3, bytes_max));
    const Result<NgramModel> model = NgramModel::parse(as_bytes(file), "toy");
    NgramModel::State state;
    double nats = 0.0;
    for (const std::uint16_t piece : stream) {
      if (piece != ngram::kTextStart) nats += model->advance(state, piece);
    }
    return nats / 4000.0;
  };
  const double unigrams_only = fit(400);
  const double pruned = fit(1200);
  const double whole = fit(1 << 20);

  EXPECT_LT(whole, pruned);
  // A fraction of the bytes, most of the gain.
  EXPECT_GT(unigrams_only - pruned, 0.5 * (unigrams_only - whole));
}

}  // namespace
}  // namespace pith
