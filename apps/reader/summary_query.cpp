#include "apps/reader/summary_query.h"

#include <optional>

namespace pith {
namespace {

// As apps/eval/prompts.cpp has them; a test holds both together.
constexpr std::string_view kCode = "\n\nCode:\n";
constexpr std::string_view kSentence = "\n\nSentence:";
constexpr std::string_view kNoCode = "Say in one sentence what a typical piece of code does.";
constexpr std::string_view kTranscript = "\n\nTranscript:\n";
constexpr std::string_view kRequest = "\n\nRequest: ";
constexpr std::string_view kAnswer = "\nAnswer:";
constexpr std::string_view kNoTranscript = "Answer without seeing the transcript it is about";
constexpr std::string_view kNoQuery = "Summarize what is said.";

/// Between the first `open` and the `close` at the end.
std::optional<std::string_view> between(std::string_view prompt, std::string_view open,
                                        std::string_view close) {
  const std::size_t begin = prompt.find(open);
  if (begin == std::string_view::npos || !prompt.ends_with(close)) return std::nullopt;
  const std::size_t end = prompt.size() - close.size();
  // An empty text leaves no line between the headings' own.
  return prompt.substr(begin + open.size(),
                       begin + open.size() < end ? end - begin - open.size() : 0);
}

std::string_view query_of(std::string_view query) { return query == kNoQuery ? "" : query; }

}  // namespace

Result<SummaryQuery> parse_summary_prompt(std::string_view prompt) {
  if (prompt == kNoCode) return SummaryQuery{};
  if (const auto code = between(prompt, kCode, kSentence)) return SummaryQuery{*code, ""};
  if (prompt.starts_with(kNoTranscript)) {
    const std::size_t line = prompt.find("\n\n");
    if (line != std::string_view::npos) return SummaryQuery{"", query_of(prompt.substr(line + 2))};
  }
  if (const auto rest = between(prompt, kTranscript, kAnswer)) {
    const std::size_t request = rest->rfind(kRequest);
    if (request != std::string_view::npos) {
      return SummaryQuery{rest->substr(0, request),
                          query_of(rest->substr(request + kRequest.size()))};
    }
  }
  // The reader can do nothing with this prompt, but with others.
  return Error{ErrorCode::kPromptTooLong, "the summariser says what code or a transcript is about"};
}

}  // namespace pith
