#include "stages/select/error_line.h"

#include <algorithm>
#include <array>

namespace pith {
namespace {

using Text = std::string_view;

constexpr std::size_t kLineBytesMax = 400;

// Marks that programs print, and prose hardly ever.
constexpr std::array<Text, 26> kMarks = {"rror: ",
                                         "RROR: ",
                                         "ERROR ",
                                         "[ERROR]",
                                         "Exception",
                                         "Traceback",
                                         "fatal: ",
                                         "FATAL",
                                         "panic: ",
                                         "FAILED",
                                         "FAIL: ",
                                         "exit code",
                                         "exit status",
                                         "Exit code",
                                         "command not found",
                                         "No such file",
                                         "o such file or directory",
                                         "ermission denied",
                                         "egmentation fault",
                                         "core dumped",
                                         "undefined reference",
                                         "assertion failed",
                                         "Assertion failed",
                                         "stack trace",
                                         "Caused by:",
                                         "ERR!"};

// Words that prose uses as well.
constexpr std::array<Text, 14> kWords = {
    "failed",  "Failed", "failure",   "Failure",   "error",  "Error",  "nable to",
    "refused", "denied", "timed out", "not found", "nvalid", "annot ", "warning: "};

template <std::size_t N>
std::size_t find_any(Text line, const std::array<Text, N>& marks) {
  for (const Text mark : marks) {
    const std::size_t at = line.find(mark);
    if (at != Text::npos) return at;
  }
  return Text::npos;
}

}  // namespace

ByteSpan error_phrase(std::string_view text, ByteSpan span, SegmentKind kind) {
  const Text line = text.substr(span.begin, span.end - span.begin);
  std::size_t at = find_any(line, kMarks);
  // A short line of a tool's output with such a word is its message, not prose about one.
  if (at == Text::npos && kind == SegmentKind::kToolResult && line.size() <= kLineBytesMax / 2)
    at = find_any(line, kWords);
  if (at == Text::npos) return {};
  if (line.size() <= kLineBytesMax) return span;
  const std::size_t before = line.rfind(". ", at);
  const std::size_t from = before == Text::npos ? 0 : before + 2;
  const std::size_t after = line.find(". ", at);
  const std::size_t to = after == Text::npos ? line.size() : after + 1;
  ByteSpan phrase = {
      span.begin + static_cast<std::uint32_t>(at - std::min(at - from, kLineBytesMax)),
      span.begin + static_cast<std::uint32_t>(std::min(to, at + kLineBytesMax))};
  return phrase;
}

}  // namespace pith
