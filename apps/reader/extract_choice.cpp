#include "apps/reader/extract_choice.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace pith {
namespace {

/// How often prices and repetitions are weighed anew; they settle after three or four.
constexpr int kRounds = 5;
constexpr double kFirstPrice = 0.15;

using Again = std::function<double(std::size_t, std::size_t)>;

/// Words that are the same, the likeliest first: which of them says it first, which again.
class Repetitions {
 public:
  explicit Repetitions(std::span<const WordOnOffer> words) : order_(words.size()) {
    std::iota(order_.begin(), order_.end(), 0U);
    std::stable_sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return words[a].wanted > words[b].wanted;
    });
  }

  /// What each word is worth: the chance that it is wanted as often as it would be said then.
  /// Words of long runs come first: they are said in any case; words that are not chosen come last.
  void worth(std::span<const WordOnOffer> words, std::span<const std::uint8_t> chosen,
             const Again& again, std::vector<double>& worth) {
    worth.assign(words.size(), 0.0);
    said_.clear();
    place(chosen);
    for (const Place now : {Place::kLongRun, Place::kShortRun, Place::kOutside}) {
      for (const std::uint32_t i : order_) {
        if (words[i].cost == 0 || place_[i] != now) continue;
        Said& said = said_[words[i].spelling];
        if (said.times > 0) said.chance *= again(i, said.times);
        const double chance = words[i].wanted * said.chance;
        worth[i] = chance * words[i].cost;
        ++said.times;
      }
    }
  }

 private:
  enum class Place : std::uint8_t { kLongRun, kShortRun, kOutside };

  void place(std::span<const std::uint8_t> chosen) {
    constexpr std::size_t kLong = 4;
    place_.assign(chosen.size(), Place::kOutside);
    for (std::size_t begin = 0; begin < chosen.size();) {
      std::size_t end = begin;
      while (end < chosen.size() && chosen[end] != 0) ++end;
      for (std::size_t i = begin; i < end; ++i) {
        place_[i] = end - begin >= kLong ? Place::kLongRun : Place::kShortRun;
      }
      begin = end + 1;
    }
  }

  struct Said {
    std::size_t times = 0;
    double chance = 1.0;
  };
  std::vector<std::uint32_t> order_;
  std::vector<Place> place_;
  std::unordered_map<std::uint64_t, Said> said_;
};

/// Runs with the largest sum of worth - price * cost, each run paying `begin`.
void choose(std::span<const WordOnOffer> words, std::span<const double> worth, double price,
            double begin, std::vector<std::uint8_t>& from_inside,
            std::vector<std::uint8_t>& chosen) {
  const std::size_t size = words.size();
  // Bit 0: the best way outside of a run came from inside; bit 1: the best way inside did.
  from_inside.assign(size, 0);
  double outside = 0;
  double inside = -1e9;
  for (std::size_t i = 0; i < size; ++i) {
    const double value = worth[i] - price * words[i].cost;
    const double entered = outside - begin + value;
    const double stayed = inside + value;
    const bool left = inside >= outside;  // A run takes the marks behind it along.
    if (left) outside = inside;
    if (left) from_inside[i] |= 1U;
    if (stayed > entered) from_inside[i] |= 2U;
    inside = std::max(entered, stayed);
  }
  chosen.assign(size, 0);
  bool in = inside >= outside;
  for (std::size_t i = size; i-- > 0;) {
    chosen[i] = in ? 1 : 0;
    in = (from_inside[i] & (in ? 2U : 1U)) != 0;
  }
}

}  // namespace

std::vector<ByteSpan> best_runs(std::span<const WordOnOffer> words, double summary_words,
                                const Again& again, const ChoiceOptions& options) {
  std::vector<double> worth;
  std::vector<std::uint8_t> from_inside;
  std::vector<std::uint8_t> chosen(words.size());
  Repetitions repetitions(words);
  double price = kFirstPrice;
  for (int round = 0; round < kRounds; ++round) {
    repetitions.worth(words, chosen, again, worth);
    choose(words, worth, price, options.run_cost * price, from_inside, chosen);
    repetitions.worth(words, chosen, again, worth);
    double common = 0;
    double said = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (chosen[i] == 0) continue;
      common += worth[i];
      said += words[i].cost;
    }
    // F = 2 common / (said + wanted) is largest where every word is worth at least F / 2.
    if (said > 0) {
      price = common / (said + summary_words);
    } else {
      price /= 2;
    }
  }
  std::vector<ByteSpan> runs;
  for (std::uint32_t i = 0; i < words.size(); ++i) {
    if (chosen[i] == 0) continue;
    if (runs.empty() || runs.back().end != i) runs.push_back({i, i});
    runs.back().end = i + 1;
  }
  return runs;
}

}  // namespace pith
