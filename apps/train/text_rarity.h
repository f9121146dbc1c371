// How rare words are in the texts of records.
#pragma once

#include <oneapi/tbb/parallel_for.h>

#include <string_view>
#include <unordered_set>
#include <vector>

#include "apps/reader/span_match.h"

namespace pith {

/// Of records with a member `text`; a text that comes again counts once.
template <class Record>
WordRarity rarity_of_texts(const std::vector<Record>& records) {
  std::unordered_set<std::string_view> seen;
  std::vector<std::string_view> texts;
  for (const Record& record : records) {
    if (seen.insert(record.text).second) texts.push_back(record.text);
  }
  std::vector<std::vector<SpanWord>> words(texts.size());
  tbb::parallel_for(std::size_t{0}, texts.size(),
                    [&](std::size_t i) { words[i] = span_words(texts[i]); });
  return WordRarity::of_texts(words);
}

}  // namespace pith
