#include "stages/score/ngram_prune.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pith::ngram {
namespace {

using Flags = std::vector<std::uint8_t>;

/// Which n-grams stay when everything below `cost_min` goes, and which of them are contexts.
struct Choice {
  std::vector<Flags> kept, context;
};

Choice choose(const std::vector<Estimates>& levels, float cost_min) {
  Choice choice;
  choice.kept.resize(levels.size());
  choice.context.resize(levels.size());
  for (std::size_t k = 0; k < levels.size(); ++k) {
    choice.kept[k].assign(levels[k].keys.size(), k == 0 ? 1 : 0);
    choice.context[k].assign(levels[k].keys.size(), 0);
  }
  for (std::size_t k = levels.size() - 1; k > 0; --k) {
    const Estimates& level = levels[k];
    const Estimates& below = levels[k - 1];
    std::size_t context = 0;
    for (std::size_t i = 0; i < level.keys.size(); ++i) {
      // What stands before a text is no piece that a reader of the file could meet.
      if (begins_before_text(level.keys[i], level.n)) continue;
      if (level.removal_cost[i] >= cost_min) choice.kept[k][i] = 1;
      if (choice.kept[k][i] == 0) continue;
      const Key wanted = context_of(level.keys[i]);
      while (below.keys[context] < wanted) ++context;
      choice.kept[k - 1][context] = 1;
      choice.context[k - 1][context] = 1;
    }
  }
  return choice;
}

std::uint64_t level_bytes(std::uint64_t level, std::uint64_t num_ngrams, std::uint64_t num_contexts,
                          bool highest) {
  const std::uint64_t per_ngram = level == 0 ? 1 : 3;
  // Eight for the alignment of each of at most five arrays.
  return per_ngram * num_ngrams + 5 * 8 +
         (highest ? 0 : (num_ngrams + 63) / 64 * 8 + 5 * num_contexts + 4);
}

std::uint64_t count(const Flags& flags) {
  return static_cast<std::uint64_t>(std::ranges::count(flags, 1));
}

std::uint64_t bytes_of(const Choice& choice) {
  std::uint64_t bytes = 0;
  for (std::size_t k = 0; k < choice.kept.size(); ++k) {
    bytes += level_bytes(k, count(choice.kept[k]), count(choice.context[k]),
                         k + 1 == choice.kept.size());
  }
  return bytes;
}

Choice choose_within(const std::vector<Estimates>& levels, std::uint64_t bytes_max) {
  Choice everything = choose(levels, 0.0F);
  if (bytes_of(everything) <= bytes_max) return everything;
  everything = Choice();
  // The cost is searched on a logarithmic scale; what no cost can remove (level 0) is not
  // questioned.
  Choice best = choose(levels, std::numeric_limits<float>::infinity());
  double low = std::log(1e-3);
  double high = std::log(1e9);
  for (int step = 0; step < 32; ++step) {
    const double middle = (low + high) / 2.0;
    Choice choice = choose(levels, static_cast<float>(std::exp(middle)));
    if (bytes_of(choice) <= bytes_max) {
      high = middle;
      best = std::move(choice);
    } else {
      low = middle;
    }
  }
  return best;
}

/// p(last piece of key | the pieces before) in the pruned model, where `key` has n pieces.
double pruned_prob(const std::vector<KeptLevel>& levels, Key key, int n) {
  const KeptLevel& level = levels[static_cast<std::size_t>(n) - 1];
  const std::size_t found = level.find_or_end(key);
  if (found < level.keys.size()) return level.prob[found];
  const KeptLevel& below = levels[static_cast<std::size_t>(n) - 2];
  const std::size_t context = below.find_or_end(context_of(key));
  const double factor = context < below.keys.size() ? below.backoff[context] : 1.0;
  return factor * pruned_prob(levels, suffix_of(key, n), n - 1);
}

/// Back-off factors of the contexts of `above`, which are n-grams one level below it.
void set_backoffs(std::vector<KeptLevel>& levels, std::size_t above) {
  const KeptLevel& level = levels[above];
  KeptLevel& below = levels[above - 1];
  for (std::size_t begin = 0; begin < level.keys.size();) {
    const Key context = context_of(level.keys[begin]);
    double kept_mass = 0.0;
    double covered_mass = 0.0;
    std::size_t end = begin;
    for (; end < level.keys.size() && context_of(level.keys[end]) == context; ++end) {
      kept_mass += level.prob[end];
      covered_mass += pruned_prob(levels, suffix_of(level.keys[end], level.n), level.n - 1);
    }
    constexpr double kMassMin = 1e-6;
    below.backoff[below.find_or_end(context)] = static_cast<float>(
        std::max(1.0 - kept_mass, kMassMin) / std::max(1.0 - covered_mass, kMassMin));
    begin = end;
  }
}

}  // namespace

std::size_t KeptLevel::find_or_end(Key key) const {
  if (n == 1) return key < keys.size() ? static_cast<std::size_t>(key) : keys.size();
  const auto at = std::ranges::lower_bound(keys, key);
  return at != keys.end() && *at == key ? static_cast<std::size_t>(at - keys.begin()) : keys.size();
}

std::vector<KeptLevel> prune(std::vector<Estimates> levels, std::uint64_t bytes_max) {
  const Choice choice = choose_within(levels, bytes_max);
  std::vector<KeptLevel> kept(levels.size());
  for (std::size_t k = 0; k < levels.size(); ++k) {
    kept[k].n = levels[k].n;
    for (std::size_t i = 0; i < levels[k].keys.size(); ++i) {
      if (choice.kept[k][i] == 0) continue;
      kept[k].keys.push_back(levels[k].keys[i]);
      kept[k].prob.push_back(levels[k].prob[i]);
      kept[k].context.push_back(choice.context[k][i]);
    }
    kept[k].backoff.assign(kept[k].keys.size(), 1.0F);
    levels[k] = Estimates();
  }
  for (std::size_t k = 1; k < kept.size(); ++k) set_backoffs(kept, k);
  return kept;
}

std::uint64_t bytes_of(const std::vector<KeptLevel>& levels) {
  std::uint64_t bytes = 0;
  for (std::size_t k = 0; k < levels.size(); ++k) {
    bytes +=
        level_bytes(k, levels[k].keys.size(), count(levels[k].context), k + 1 == levels.size());
  }
  return bytes;
}

}  // namespace pith::ngram
