#include "apps/reader/extract_reader.h"

#include <chrono>
#include <cmath>

#include "apps/reader/extract_choice.h"
#include "apps/reader/extract_features.h"
#include "apps/reader/span_scores.h"

namespace pith {
namespace {

class Scores {
 public:
  explicit Scores(SpanWeights weights) : weights_(weights) {}

  template <class Add>
  double operator()(const Add& add) {
    features_.clear();
    add(features_);
    return static_cast<double>(score_of(weights_, features_));
  }

 private:
  SpanWeights weights_;
  SpanFeatures features_;
};

double chance(double logit) { return 1.0 / (1.0 + std::exp(-logit)); }

}  // namespace

Result<std::unique_ptr<ExtractReader>> ExtractReader::open(const std::string& folder) {
  auto model = read_extract_model(folder);
  if (!model) return model.error();
  return std::make_unique<ExtractReader>(*std::move(model));
}

Result<ReaderAnswer> ExtractReader::answer(const std::string& prompt) {
  const auto begin = std::chrono::steady_clock::now();
  const auto query = parse_summary_prompt(prompt);
  if (!query) return query.error();
  ReaderAnswer answer;
  answer.text = summary(*query);
  answer.latency_us = std::chrono::duration_cast<std::chrono::microseconds>(
                          std::chrono::steady_clock::now() - begin)
                          .count();
  return answer;
}

std::string ExtractReader::summary(const SummaryQuery& query) const {
  const ExtractText text = extract_text(query, model_.rarity);
  const std::vector<SpanWord>& words = text.text.words;
  Scores score(model_.weights);
  std::vector<WordOnOffer> offers;
  offers.reserve(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    WordOnOffer offer = {words[i].lower, text.words[i].cost, 0};
    if (offer.cost > 0) {
      offer.wanted = chance(score(
          [&](SpanFeatures& features) { add_word_features(text, model_.rarity, i, features); }));
    }
    offers.push_back(offer);
  }
  const double length =
      std::exp(score([&](SpanFeatures& features) { add_summary_length_features(text, features); }));
  const auto again = [&](std::size_t word, std::size_t times) {
    return chance(
        score([&](SpanFeatures& features) { add_again_features(words[word], times, features); }));
  };
  std::string said;
  for (const ByteSpan& run :
       best_runs(offers, length, again, {static_cast<double>(model_.run_cost)})) {
    const std::uint32_t begin = words[run.begin].begin;
    if (!said.empty()) said += ' ';
    said += query.text.substr(begin, words[run.end - 1].end - begin);
  }
  return said;
}

}  // namespace pith
