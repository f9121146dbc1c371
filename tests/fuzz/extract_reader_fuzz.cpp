// The extractive reader with any request about any text: it says the text's own words, the same
// every time.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "apps/reader/extract_reader.h"
#include "stages/network/counter_random.h"

namespace {

pith::ExtractReader seeded_reader() {
  std::vector<float> weights(1U << 10U);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = 0.3F * pith::normal_number(1, i);
  return pith::ExtractReader({std::move(weights), pith::WordRarity(), 1.0F});
}

}  // namespace

/// The first line is the request, the others are the text; the whole is a prompt, too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static pith::ExtractReader reader = seeded_reader();
  constexpr std::size_t kBytesMost = 4096;
  if (size > kBytesMost) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  pith::SummaryQuery query;
  query.query = input.substr(0, line);
  if (line != std::string_view::npos) query.text = input.substr(line + 1);
  const std::string said = reader.summary(query);
  if (said != reader.summary(query)) std::abort();
  std::size_t from = 0;
  for (const char c : said) {
    if (c == ' ') continue;  // Between quotations.
    from = query.text.find(c, from);
    if (from == std::string_view::npos) std::abort();
    ++from;
  }
  static_cast<void>(reader.answer(std::string(input)));
  return 0;
}
