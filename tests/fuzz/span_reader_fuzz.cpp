// The span reader with any question about any text: answers are there, the same every time.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "apps/reader/span_reader.h"
#include "stages/network/counter_random.h"

namespace {

pith::SpanReader seeded_reader() {
  std::vector<float> weights(1U << 10U);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = pith::normal_number(1, i);
  return pith::SpanReader({std::move(weights), pith::WordRarity(), 0.0F});
}

}  // namespace

/// The first line is the question, the others are the text; the whole is a prompt, too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const pith::SpanReader reader = seeded_reader();
  constexpr std::size_t kBytesMost = 4096;
  if (size > kBytesMost) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  pith::SpanQuery query;
  query.question = input.substr(0, line);
  if (line != std::string_view::npos) query.text = input.substr(line + 1);
  const auto first = reader.answers({&query, 1});
  if (first.size() != 1 || first != reader.answers({&query, 1})) std::abort();
  const std::string& answer = first.front();
  const bool said =
      answer == "yes" || answer == "no" || answer == "maybe" || answer == "unanswerable";
  if (!said && query.text.find(answer) == std::string_view::npos) std::abort();
  if (const auto parsed = pith::parse_question_prompt(input)) {
    if (parsed->question.size() + parsed->text.size() >= input.size()) std::abort();
  }
  return 0;
}
